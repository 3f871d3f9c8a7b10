// The process that plays the clients.
import { serveParent } from "../child.mjs";
import { converseByClassic, converseByThreadProtocol } from "./conversations.mjs";
import { follow, followPaced, replay } from "./followers.mjs";
import { runJob } from "./job.mjs";
import { pauseThreads } from "./pause.mjs";
import { awaitRecovery, beginRuns } from "./recovery.mjs";
import { arrive, holdTurns, leave, openThread, takeTurns } from "./turns.mjs";

serveParent({
  run({ url, protocol, ...job }) {
    const converse = protocol === "classic" ? converseByClassic : converseByThreadProtocol;
    return runJob(job, (of, note) => converse(url, of, note));
  },
  turns: holdTurns,
  arrive,
  takeTurns,
  leave,
  open: openThread,
  pause: pauseThreads,
  follow,
  followPaced,
  replay,
  beginRuns,
  awaitRecovery,
});
