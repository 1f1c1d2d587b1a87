/** Calls of the console in one request, at most: its pages keep to it, and more is refused. */
export const mostCalls = 20;
