// Targets 1 and 3: tokens a second and CPU for a token, flat out and paced, of every contestant in turn.
import { enter, listContestants } from "../contestants.mjs";
import { figure, judge, ratio, table } from "../markdown.mjs";
import { median, spread } from "../statistics.mjs";

const [tokens, paceMs] = [200, 20];

export async function measure(counts, say) {
  const contestants = listContestants(counts);
  const jobs = [
    ...counts.flat.map((job) => ({ ...job, name: `${job.concurrency}`, delayMs: 0 })),
    { name: "paced", concurrency: counts.pacedRuns, conversations: counts.pacedRuns, delayMs: paceMs },
  ];
  const rounds = [];
  for (let round = 0; round < counts.rounds; round += 1) {
    const figures = {};
    // Each round begins with another contestant, so that none always has the calmest or the warmest machine.
    const order = contestants.map((_, place) => contestants[(place + round) % contestants.length]);
    for (const contestant of order) {
      say(`round ${round + 1}: ${contestant.name}`);
      const entered = await enter(contestant);
      await entered.run({ conversations: 12, concurrency: 4, tokens, delayMs: 0, budgetMs: counts.budgetMs });
      figures[contestant.name] = {};
      for (const { name, ...job } of jobs) {
        figures[contestant.name][name] = await entered.run({ ...job, tokens, budgetMs: counts.budgetMs });
      }
      await entered.leave();
    }
    rounds.push(figures);
  }
  return { rounds, pacedRuns: counts.pacedRuns };
}

const base = "in-process";
const ours = "countersign";

export function describe({ rounds, pacedRuns }) {
  const contestants = Object.keys(rounds[0]).sort((a, b) => place(a) - place(b));
  const jobs = Object.keys(rounds[0][base]);
  const of = (name, job, field) => rounds.map((round) => round[name][job][field]);
  const ratios = (name, job, field, to = base) =>
    rounds.map((round) => round[name][job][field] / round[to][job][field]);
  const rows = (field) =>
    contestants.map((name) => [
      name,
      ...jobs.map((job) => {
        const { median: middle, min, max } = spread(of(name, job, field));
        return `${figure(middle)} (${figure(min)}-${figure(max)}) · ${ratio(median(ratios(name, job, field)))}`;
      }),
    ]);
  const lost = contestants.flatMap((name) =>
    jobs.flatMap((job) =>
      rounds
        .map((round) => round[name][job])
        .filter(({ failed, tokens: got, expected }) => failed > 0 || got !== expected)
        .map(
          ({ failed, tokens: got, expected, failure }) =>
            `- ${name}, ${job}: ${failed} conversations failed${failure ? ` (${failure})` : ""}; ${got} of ${expected} tokens seen`,
        ),
    ),
  );
  const heads = [
    "",
    ...jobs.map((job) => (job === "paced" ? `${pacedRuns} paced at ${paceMs} ms` : `${job} at once`)),
  ];
  const markdown = [
    `Medians of ${rounds.length} interleaved rounds (lowest-highest), and the median ratio to the baseline of the same round.`,
    "",
    "Tokens a second:",
    "",
    table(heads, rows("tokensPerSecond")),
    "",
    "CPU of the server process, us for a token:",
    "",
    table(heads, rows("cpuUsPerToken")),
    ...(lost.length > 0 ? ["", "Lost:", "", ...lost] : []),
  ].join("\n");
  return { markdown, targets: toTargets({ jobs, ratios, of, pacedRuns }) };
}

function toTargets({ jobs, ratios, of, pacedRuns }) {
  const flat = jobs.filter((job) => job !== "paced");
  const paced = median(of(ours, "paced", "tokensPerSecond"));
  const best = (name, job) =>
    Math.max(
      ...["classic", "thread protocol"].map((protocol) =>
        median(of(`${name}, ${protocol}`, job, "tokensPerSecond")),
      ),
    );
  const ahead = (name) => jobs.map((job) => median(of(ours, job, "tokensPerSecond")) / best(name, job));
  const isWhole = pacedRuns === 100;
  return [
    ...flat.map((job) =>
      judge(1, `tokens/s, ${job} at once, to in-process`, {
        value: median(ratios(ours, job, "tokensPerSecond")),
        atLeast: 0.8,
      }),
    ),
    judge(1, `tokens/s, ${pacedRuns} paced runs`, {
      value: paced,
      ...(isWhole ? { atLeast: 3800 } : { unmeasured: "the target is for 100 runs" }),
    }),
    judge(1, "tokens/s to embed (its better protocol), lowest of all loads", {
      value: Math.min(...ahead("embed")),
      atLeast: 1.5,
    }),
    judge(1, "tokens/s to dev (its better protocol), lowest of all loads", {
      value: Math.min(...ahead("dev")),
      atLeast: 2.5,
    }),
    ...jobs.map((job) =>
      judge(
        3,
        `CPU for a token, ${job === "paced" ? `${pacedRuns} paced` : `${job} at once`}, to in-process`,
        {
          value: median(ratios(ours, job, "cpuUsPerToken")),
          atMost: 1.3,
        },
      ),
    ),
  ];
}

const place = (name) => (name === base ? 0 : name.startsWith(ours) ? 1 : 2);
