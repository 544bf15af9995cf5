/**
 * The commands in a piece of shell as the docs have it, each as its words: what is quoted counts as one word, and substitutions
 * are commands of their own. It knows what the docs use, and no more.
 */
export const commandsIn = (shell: string): string[][] => {
  const quoted: string[] = [];
  const keep = (text: string): string => `\uE000${quoted.push(text) - 1}\uE000`;
  // A word may hold one that was kept before it.
  const restore = (text: string): string =>
    text.replaceAll(/\uE000(\d+)\uE000/g, (_, index) => restore(quoted[Number(index)] ?? ""));
  const found: string[][] = [];
  const split = (text: string): void => {
    for (const part of text.split(/&&|\|\||[|;\n]/)) {
      const words = part.trim().split(/\s+/).map(restore);
      while (/^\w+=/.test(words[0] ?? "")) words.shift();
      if (words.length > 0 && words[0] !== "") found.push(words);
    }
  };
  const plain = shell
    .replaceAll(/'([^'\n]*)'/g, (_, text: string) => keep(text))
    .replaceAll(/(^|\s)#.*$/gm, "")
    .replaceAll(/\$\(([^()]*)\)/g, (_, inner: string) => {
      split(inner);
      return keep("$(…)");
    })
    .replaceAll(/"([^"\n]*)"/g, (_, text: string) => keep(text));
  split(plain);
  return found;
};
