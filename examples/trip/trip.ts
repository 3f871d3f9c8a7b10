import { AIMessage } from "@langchain/core/messages";
import { Annotation, END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";

/** Books a trip, and asks on the way as graphs do: in parallel, in a subgraph, with and without a schema. */
const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

const hotel = z.object({
  name: z.string().min(1).describe("As it is called on its own page"),
  nights: z.int().min(1).max(30),
  room: z.enum(["single", "double", "suite"]),
  breakfast: z.boolean(),
  extras: z.array(z.string()).optional(),
});

/** The answer must fit a schema: whoever asks gets a form. */
function askForHotel() {
  const question = { question: "Which hotel should I book?", area: { city: "Lisbon", near: ["Alfama"] } };
  const answer = interrupt<unknown, z.infer<typeof hotel>>(question, {
    responseSchema: z.toJSONSchema(hotel, { io: "input" }),
  });
  const { name, nights, room, breakfast, extras = [] } = answer;
  const more = [breakfast ? "with breakfast" : "without breakfast", ...extras];
  return { notes: [`Hotel: ${name}, ${nights} nights, ${room}, ${more.join(", ")}.`] };
}

/** Calls of tools that wait for approval, as LangChain's middleware asks about them. */
function askForFlights() {
  const flights = [
    { name: "book_flight", args: { from: "BER", to: "LIS", seats: 2 } },
    { name: "book_flight", args: { from: "LIS", to: "BER", seats: 2 } },
  ];
  const { decisions } = interrupt<unknown, { decisions: { type: string }[] }>({
    action_requests: flights,
    review_configs: [{ action_name: "book_flight", allowed_decisions: ["approve", "edit", "reject"] }],
  });
  return { notes: [`Flights: ${JSON.stringify(decisions)}.`] };
}

/** Asked from inside a subgraph, with nothing said about the answer. */
const insurance = new StateGraph(State)
  .addNode("ask", () => {
    const answer = interrupt<unknown, unknown>({ message: "Insurance?", offers: [{ name: "basic", price: 12 }] });
    return { notes: [`Insurance: ${JSON.stringify(answer)}.`] };
  })
  .addEdge(START, "ask")
  .addEdge("ask", END)
  .compile();

function confirm() {
  const isSure = interrupt<unknown, boolean>("Book all of this?", {
    responseSchema: z.toJSONSchema(z.boolean()),
  });
  return { notes: [isSure ? "Booked." : "Not booked."] };
}

export const graph = new StateGraph(State)
  .addNode("hotel", askForHotel)
  .addNode("flights", askForFlights)
  .addNode("insurance", insurance)
  .addNode("confirm", confirm)
  .addNode("close", ({ notes }) => ({ messages: [new AIMessage([...new Set(notes)].sort().join("\n\n"))] }))
  .addEdge(START, "hotel")
  .addEdge(START, "flights")
  .addEdge(START, "insurance")
  .addEdge(["hotel", "flights", "insurance"], "confirm")
  .addEdge("confirm", "close")
  .addEdge("close", END);
