// Prism, for as long as the test run that asked for it lives: an orphan would hold a port and 100 MB.
const run = Number(process.env.ENGAGE_TEST_RUN);
setInterval(() => {
  try {
    process.kill(run, 0);
  } catch {
    process.exit();
  }
}, 1000);
await import("@stoplight/prism-cli");
