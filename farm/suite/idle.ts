// What the runner's container does between the steps that are executed in it: nothing, until it is told to end.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
setInterval(() => undefined, 2 ** 30);
