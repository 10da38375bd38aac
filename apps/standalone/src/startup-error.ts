/** Something the person at the keyboard can put right. The message says what and how; it is shown without a stack. */
export class StartupError extends Error {}
