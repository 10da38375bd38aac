/** Stands in paths unescaped, and is neither `.` nor `..`. */
export const APPLICATION_UID = /^\w[\w.:@~+-]{0,254}$/;

/** Whether the text has the form of an application's uid; says nothing about whether the application exists. */
export function isApplicationUid(text: string): boolean {
  return APPLICATION_UID.test(text);
}
