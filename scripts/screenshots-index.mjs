const looks = ["", ".light", ".dark", ".narrow", ".light.narrow", ".dark.narrow"];

/**
 * A page to leaf through pictures: a part for each test file, a row for each moment, with its looks beside each other.
 *
 * @param {{ name: string, file: string, test: string }[]} moments
 * @param {string[]} pictures - their file names
 */
export function toIndex(moments, pictures) {
  const files = [...new Set(moments.map(({ file }) => file))].sort();
  const topic = (file) => file.replace(/\.test\.ts$/, "").replaceAll("-", " ");
  const parts = files.map((file) => {
    const rows = moments
      .filter((moment) => moment.file === file)
      .map(({ name, test }) => {
        const taken = looks.map((look) => `${name}${look}.png`).filter((one) => pictures.includes(one));
        const images = taken.map(
          (one) => `<a href="${one}"><img src="${one}" alt="${toHtml(one)}" loading="lazy"></a>`,
        );
        return `<h3 id="${name}">${name}</h3><p>${toHtml(test)}</p><div>${images.join("")}</div>`;
      });
    return `<section id="${file}"><h2>${topic(file)}</h2>${rows.join("\n")}</section>`;
  });
  const links = files.map((file) => `<li><a href="#${file}">${topic(file)}</a></li>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Screenshots</title>
<style>body{font:15px system-ui;margin:2rem;background:#ddd}ul{columns:14rem}h2{margin-top:4rem}
div{display:flex;gap:1rem;overflow-x:auto;align-items:start}img{height:26rem;border:1px solid #999}</style>
<h1>Screenshots</h1><nav><ul>${links.join("")}</ul></nav>
${parts.join("\n")}\n</html>\n`;
}

const toHtml = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
