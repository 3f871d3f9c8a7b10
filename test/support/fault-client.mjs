// A client process of the races: sends what it is given all at once, and returns the replies.
import { answerAtOnce } from "countersign/testing";

process.on("disconnect", () => process.exit(0));
process.on("message", async (volley) => process.send(await answerAtOnce(volley)));
