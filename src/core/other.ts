// The name under which everything past a limit is counted: endpoints, signatures, routes.

/** No path template, pointer or configured route name can be this. */
export const OTHER = "*other*";
