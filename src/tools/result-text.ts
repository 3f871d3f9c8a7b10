import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";

type ContentBlock = CallToolResult["content"][number];

/**
 * A tool's result as text: its texts, and a line for each thing that is not text, such as
 * `[image image/png, 12 kB]`. A server that gives structured content alone is shown as its JSON.
 */
export function toResultText({ content, structuredContent }: CallToolResult): string {
  if (content.length === 0 && structuredContent !== undefined) return JSON.stringify(structuredContent);
  return content.map(toBlockText).join("\n");
}

function toBlockText(block: ContentBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
    case "audio":
      return `[${block.type} ${block.mimeType}, ${toSize(block.data)}]`;
    case "resource_link":
      return `[${["link", block.uri, block.mimeType].filter(Boolean).join(" ")}: ${block.title ?? block.name}]`;
    case "resource": {
      const { resource } = block;
      const what = ["resource", resource.uri, resource.mimeType].filter(Boolean).join(" ");
      // The text of a resource is what the tool was asked for (a file's content, say), so it is kept whole.
      return "text" in resource ? `[${what}]\n${resource.text}` : `[${what}, ${toSize(resource.blob)}]`;
    }
  }
}

/** The images in a result, as content of their own or as resources. */
export function imagesOf({ content }: CallToolResult): { mimeType: string; data: string }[] {
  return content.flatMap((block) => {
    if (block.type === "image") return [{ mimeType: block.mimeType, data: block.data }];
    if (block.type !== "resource" || !("blob" in block.resource)) return [];
    const { mimeType = "", blob } = block.resource;
    return mimeType.startsWith("image/") ? [{ mimeType, data: blob }] : [];
  });
}

/** The size of what base64 stands for. */
function toSize(base64: string): string {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  const bytes = Math.max(0, Math.floor((base64.length * 3) / 4) - padding);
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
