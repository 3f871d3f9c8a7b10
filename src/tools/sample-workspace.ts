import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/**
 * Gives a first-time user something to ask about: when the directory does not exist, makes it with a few small
 * text files. An existing one, empty or not, is never touched.
 *
 * @returns Whether it was made.
 * @throws The file system's error when it cannot be made.
 */
export async function createSampleWorkspace(directory: string): Promise<boolean> {
  const root = resolve(directory);
  await mkdir(dirname(root), { recursive: true });
  try {
    // Not recursive: making it is the test of whether it is there, so two starts at once make one.
    await mkdir(root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  for (const [path, content] of Object.entries(sampleFiles)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return true;
}

const sampleFiles: Record<string, string> = {
  "README.md": `# Harbour Street Garden

Papers of our community garden: 24 plots, one shed, one kettle.

- \`notes/\`: minutes of meetings, and ideas
- \`data/expenses.csv\`: what we spent this autumn, in euros
- \`drafts/\`: letters that are not sent yet
- \`todo.md\`: who does what by when

These are sample files: change them, add your own, or delete them all.
`,
  "notes/meeting-2026-11-03.md": `# Garden meeting, 3 November 2026

Present: Ana, Bilal, Chen, Dora, Emeka. Minutes: Dora.

## Decided
- The winter fair is on Saturday, 12 December, 11:00 to 16:00.
- We repair the shed roof before the fair; at most 250 euros.
- The water is turned off on 20 November.

## Discussed
- The city has not answered our letter about the second water tap. Chen writes again.
- Three plots are free from January; seven people are on the waiting list.
- Emeka offers to lead a pruning course in February.

## To do
- Bilal: two offers for the roof by 13 November
- Chen: letter to the city by 10 November
- Ana: stalls and tea for the fair
- Dora: write to the first three on the waiting list

Next meeting: 1 December, 19:00, in the shed if the roof holds.
`,
  "notes/ideas.txt": `Ideas for next year

- a tool library: one good saw instead of twenty-four bad ones
- rain barrels at the shed (two of 300 litres, about 90 euros each)
- a herb bed at the gate that anyone may pick from
- open garden evenings in June, with soup
- a bench under the pear tree, in memory of Mr Okafor
- swap table for seeds at the winter fair
`,
  "data/expenses.csv": `date,category,what,amount_eur
2026-09-04,tools,wheelbarrow,84.90
2026-09-11,seeds,green manure 5 kg,31.50
2026-09-19,water,hose and couplings,46.20
2026-10-02,fees,insurance fourth quarter,120.00
2026-10-09,tools,two spades,57.80
2026-10-17,seeds,garlic and broad beans,22.40
2026-10-24,food,soup for the work day,38.75
2026-11-02,repairs,roofing felt and nails,66.45
`,
  "drafts/letter.txt": `To the Parks Department
Subject: second water tap for Harbour Street Garden

Dear Sir or Madam,

in May we asked for a second water tap at the north end of our garden. We have not
had an answer yet. [how many plots are there, and why does it matter?]

We could share the cost. [what did we spend on water this autumn?]

We would be glad to show you the place. [suggest a date: the winter fair?]

Yours faithfully,
Chen, for Harbour Street Garden
`,
  "todo.md": `# To do

- [ ] Two offers for the shed roof (Bilal, 13 November)
- [ ] Letter to the city about the water tap (Chen, 10 November)
- [ ] Turn the water off (Emeka, 20 November)
- [ ] Stalls and tea for the winter fair (Ana, 5 December)
- [ ] Write to the first three on the waiting list (Dora)
- [x] Pay the insurance (Ana)
- [x] Soup for the work day (Emeka)
`,
};
