/** The envelope of a message that one agent sends to another: who it is from, and how to answer. */
import { type Attachment, formatAttachments } from "./attachments.ts";
import { escapeXml, xmlCharacters } from "./xml.ts";

/** The session that sends a message. */
export interface Sender {
  readonly sessionId: string;
  /** Undefined when it has none. */
  readonly name: string | undefined;
  /** `unknown` where nobody knows. */
  readonly provider: string;
  /** `unknown` where nobody knows. */
  readonly model: string;
  /** Its name leads the receiver to this session and to no other. */
  readonly nameLeadsBack: boolean;
}

/** What a message consists of. */
export interface MessageParts {
  readonly text: string;
  readonly attachments?: readonly Attachment[] | undefined;
  /** The session that sends it; absent for a message of a person, which gets no envelope. */
  readonly sender?: Sender | undefined;
}

/** The message as the receiver gets it. */
export function composeMessage({ text, attachments = [], sender }: MessageParts): string {
  const files = formatAttachments(attachments);
  return sender === undefined ? files + text : envelope(sender, text, files);
}

/**
 * A message in its envelope, which is well-formed XML whatever the message holds. The body is the
 * message between two line breaks.
 *
 * @param files Attachments as XML; they stand before the message.
 */
export function envelope(sender: Sender, text: string, files = ""): string {
  const { sessionId, name, provider, model } = sender;
  const attributes = [
    `session="${attribute(sessionId)}"`,
    ...(name === undefined ? [] : [`name="${attribute(name)}"`]),
    `provider="${attribute(provider)}"`,
    `model="${attribute(model)}"`,
  ].join(" ");
  return [
    "<agent-message>",
    `<from ${attributes}/>`,
    `<reply-with>${content(replyCommand(sender))}</reply-with>`,
    "<body>",
    xmlCharacters(files) + content(text),
    "</body>",
    "</agent-message>",
  ].join("\n");
}

/** A line for a shell that sends an answer to the sender. */
export function replyCommand({ sessionId, name, nameLeadsBack }: Sender): string {
  // Whoever pastes the line into a shell pastes it as it stands in the XML, with what is escaped there.
  const byName = name !== undefined && nameLeadsBack && content(name) === name;
  const [flag, value] = byName ? ["--name", name] : ["--session", sessionId];
  const quoted = shellQuoted(value);
  const target = value.startsWith("-") ? `${flag}=${quoted}` : `${flag} ${quoted}`;
  return `zag input ${target} "your reply here"`;
}

/** A word that every POSIX shell takes as it is. */
function shellQuoted(word: string): string {
  return /^[\w.,:@%+\/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Readers turn line breaks of an attribute into spaces unless they are written as numbers. */
function attribute(text: string): string {
  return escapeXml(xmlCharacters(text)).replace(/[\t\n\r]/g, numbered);
}

/** Quotes stay as they are: the receiver is to read code without effort. */
function content(text: string): string {
  return xmlCharacters(text)
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll("\r", numbered);
}

function numbered(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
