/**
 * Loaded into the api and the worker before their own code (`--import`): when the standalone process is killed and cannot
 * stop them, its IPC channel closes, and they stop by themselves instead of running on without a supervisor.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Listening keeps a process alive; that is for the app to decide.
process.channel?.unref();
