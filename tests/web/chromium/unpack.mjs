// Unpacks the browser that the package ships, into TMPDIR, and prints where it is. The variable
// makes it unpack the libraries as well that a bare machine lacks.
process.env["AWS_EXECUTION_ENV"] = "AWS_Lambda_nodejs22.x";
const { default: chromium } = await import("@sparticuz/chromium");
console.log(await chromium.executablePath());
