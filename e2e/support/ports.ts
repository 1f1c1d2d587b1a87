// Where the product under test listens: away from the usual ports, so that `npm start` may run beside it.
export const consolePort = 3911;
export const apiPort = 3912;
export const sandboxPort = 3913;
