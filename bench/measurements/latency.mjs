// Target 2: one run at a time, 5 ms for a token: how long until the first token, after an answer, and until
// the end is signalled.
import { enter, listContestants } from "../contestants.mjs";
import { figure, judge, table } from "../markdown.mjs";
import { quantile } from "../statistics.mjs";

const [tokens, delayMs] = [40, 5];
const fields = ["firstToken", "answerToFirst", "endSignal"];

export async function measure(counts, say) {
  const contestants = listContestants(counts);
  const samples = {};
  for (let round = 0; round < counts.latencyRounds; round += 1) {
    for (const contestant of contestants) {
      say(`round ${round + 1}: ${contestant.name}`);
      const entered = await enter(contestant);
      const job = { concurrency: 1, tokens, delayMs, budgetMs: counts.budgetMs, keepsSamples: true };
      await entered.run({ ...job, delayMs: 0, concurrency: 2, conversations: 20 });
      const figures = await entered.run({ ...job, conversations: counts.latencyConversations });
      samples[contestant.name] ??= Object.fromEntries(fields.map((field) => [field, []]));
      for (const field of fields) samples[contestant.name][field].push(...figures.samples[field]);
      await entered.leave();
    }
  }
  return { samples };
}

export function describe({ samples }) {
  const at = (name, field, q) => quantile(samples[name][field], q);
  const rows = Object.keys(samples).map((name) => [
    name,
    ...fields.map((field) => `${figure(at(name, field, 0.5))} / ${figure(at(name, field, 0.99))}`),
    samples[name].firstToken.length,
  ]);
  const over = (field, q) => at("countersign", field, q) - at("in-process", field, q);
  const markdown = [
    `ms, p50 / p99; one run at a time, ${delayMs} ms for a token. The first token of the model itself takes about ${delayMs} ms.`,
    "",
    table(["", "first token", "answer to first token", "last token to end", "conversations"], rows),
  ].join("\n");
  const targets = [
    ["firstToken", "first token"],
    ["answerToFirst", "answer to first token"],
  ].flatMap(([field, words]) => [
    judge(2, `${words}, p50, ms over in-process`, { value: over(field, 0.5), atMost: 3 }),
    judge(2, `${words}, p99, ms over in-process`, { value: over(field, 0.99), atMost: 15 }),
  ]);
  const end = judge(2, "last token to end of run, p99, ms", {
    value: at("countersign", "endSignal", 0.99),
    atMost: 10,
  });
  return { markdown, targets: [...targets, end] };
}
