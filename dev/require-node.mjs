// Plain JavaScript, since it speaks to a Node that is too old for the rest.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `This needs Node 22.18 or newer, and this is ${process.version}.\n` +
      "`npm ci` brings Node 24 with it, which npm scripts then use. It is missing where install scripts are switched off\n" +
      "(`--ignore-scripts`) or where the package `node` has no build for the platform. Install Node 24, or run `npm ci` anew.",
  );
  process.exit(1);
}
