// Plain JavaScript, since a Node that is too old for the rest must run it.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `This needs Node 22.18 or newer, and this is ${process.version}.\n` +
      "Run `npm ci` again: it installs Node 24, which npm scripts then use. If that does not help, install Node 24:\n" +
      "install scripts are off (`--ignore-scripts`), or the package `node` does not have a build for this platform.",
  );
  process.exit(1);
}
