// What the documents say that can be held against the product: commands, paths, links and names.
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** Every page for people, by its path from the root. */
export const documents: readonly string[] = globSync("**/*.md", {
  cwd: root,
  exclude: (name) => name === "node_modules" || name.startsWith("test-results") || name === ".next",
}).toSorted();

export interface Command {
  document: string;
  /** On one line, without its comment. */
  text: string;
  /** In a block of its own, which a reader runs as it stands; else in a sentence. */
  block: boolean;
}

const programs = /^(?:[A-Z_]+=\S+ )*(?:npm|npx|node|kubectl|openstack|git|apt|apt-get|curl|e2e\/\S+)(?: |$)/;

export const text = (document: string): string => readFileSync(join(root, document), "utf8");

/** The blocks of one language; "" = those without one. */
export const blocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].flatMap(([, word, body]) =>
    word === language && body !== undefined ? [body] : [],
  );

/** What is between single backticks in sentences, each on one line. */
export const quoted = (markdown: string): string[] =>
  [...markdown.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map(([, words = ""]) =>
    words.replaceAll(/\s+/g, " "),
  );

/** The lines of a block of shell as it would read them: continued ones joined, comments gone. */
export const lines = (block: string): string[] =>
  block
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .flatMap((line) => line.replace(/(^|\s+)#\s.*$/, "").trimEnd() || []);

/** Every command of a document: all lines of its blocks of shell, and what a sentence names that begins with a program. */
export function commands(document: string): Command[] {
  const markdown = text(document);
  const inSentences = quoted(markdown).filter((words) => programs.test(words) && words.includes(" "));
  return [
    ...blocks(markdown, "sh")
      .flatMap(lines)
      .map((line) => ({ document, text: line, block: true })),
    ...inSentences.map((words) => ({ document, text: words, block: false })),
  ];
}

/** Targets of links, from the root; those that lead out of the repository are left out. */
export const links = (document: string): string[] =>
  [...text(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].flatMap(([, target = ""]) =>
    /^[a-z]+:/.test(target) ? [] : [relative(root, join(root, document, "..", target))],
  );
