// Makes every length in rem of a built stylesheet one of `--countersign-rem`, so that a page with another size at its
// root can say what the components should go by. Names of classes (`.w-\[42rem\]`) stay, and conditions (`@media`),
// which know no variables.
import { readFileSync, writeFileSync } from "node:fs";

const [file] = process.argv.slice(2);
const css = readFileSync(file, "utf8");
const scaled = css
  .split(/(@(?:media|container)[^{]*\{|--countersign-rem:[^;}]*)/)
  .map((part, index) =>
    index % 2 === 1
      ? part
      : part.replace(/(?<=[:(\s,*/+])(-?\d*\.?\d+)rem(?![\\\w-])/g, "calc(var(--countersign-rem)*$1)"),
  )
  .join("");
writeFileSync(file, scaled);
