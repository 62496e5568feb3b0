// The frames of `chat.v1` and the shapes of the widget's HTTP calls, as docs/protocol.md has them.

import type { Status } from "./connection.js";
import type { Unsent } from "./outbox.js";
import type { Change } from "./thread.js";

export type Role = "customer" | "bot" | "agent" | "system";
export type Holder = "bot" | "waiting" | "human" | "resolved";

export interface Titled {
  id: string;
  title: string;
}

/** Where a reply came from; `choices` are offered when the match is not certain enough. */
export interface Source {
  rung: string;
  label: string;
  answers?: Titled[];
  choices?: Titled[];
  score?: number;
}

export interface ReadyFrame {
  type: "ready";
  conversation: string;
  /** The conversation's top sequence number. */
  seq: number;
  state: Holder;
  degraded: boolean;
  heartbeat_s: number;
  limits?: { message_chars?: number };
}
export interface AckFrame {
  type: "ack";
  cid: string;
  id: string;
  seq: number;
  dup: boolean;
}
export interface MessageFrame {
  type: "message";
  seq: number;
  id: string;
  role: Role;
  text: string;
  at: string;
  reply_to?: string | null;
  source?: Source | null;
  cid?: string | null;
}
export interface TicketFrame {
  type: "ticket";
  seq: number;
  number: number | string;
  subject: string;
  status: string;
  at?: string;
}
export interface StateFrame {
  type: "state";
  seq: number;
  state: Holder;
  agent?: string | null;
  eta_s?: number | null;
  at?: string;
}
export interface StartFrame {
  type: "start";
  id: string;
  reply_to: string;
  attempt: number;
}
/** `offset` counts Unicode code points before this piece. */
export interface DeltaFrame {
  type: "delta";
  id: string;
  attempt: number;
  offset: number;
  text: string;
}
export interface ResetFrame {
  type: "reset";
  id: string;
  attempt: number;
  reason: string;
}
export interface NoticeFrame {
  type: "notice";
  code: "degraded" | "restored" | "queued";
  text: string;
  eta_s?: number | null;
}
export interface TypingFrame {
  type: "typing";
  role: Role;
}
export interface PingFrame {
  type: "ping";
  seq: number;
}
export interface DrainFrame {
  type: "drain";
  within_s: number;
}
export interface ErrorFrame {
  type: "error";
  code: string;
  message: string;
  cid?: string | null;
  retry_after_s?: number | null;
}

export type Durable = MessageFrame | TicketFrame | StateFrame;
export type ServerFrame =
  | Durable
  | ReadyFrame
  | AckFrame
  | StartFrame
  | DeltaFrame
  | ResetFrame
  | NoticeFrame
  | TypingFrame
  | PingFrame
  | DrainFrame
  | ErrorFrame;

export interface Hello {
  token: string;
  conversation?: string;
  resume?: { seq: number };
}
export type ClientFrame =
  | ({ type: "hello" } & Hello)
  | { type: "send"; cid: string; text: string }
  | { type: "stop" }
  | { type: "handoff" }
  | { type: "typing" }
  | { type: "read"; seq: number }
  | { type: "pong" }
  | { type: "feedback"; message: string; value: 1 | -1; comment?: string }
  | { type: "rate"; score: number; comment?: string };

export type AccentRole =
  | "accent"
  | "accent-hover"
  | "accent-text"
  | "accent-soft"
  | "on-accent"
  | "accent-border";
export type Accent = Record<AccentRole, string>;

export interface Settings {
  company: string;
  bot_name: string;
  greeting: string;
  accent?: { light?: Partial<Accent>; dark?: Partial<Accent> };
  link_hosts: string[];
  answer_within_s: number;
  locale: string;
  limits?: { message_chars?: number };
}

export interface Session {
  token: string;
  expires_in_s: number;
  conversation: string | null;
  customer: { external_id: string | null; name: string | null; verified: boolean };
  settings: Settings;
}

export interface ConversationSummary {
  id: string;
  state: Holder;
  snippet: string;
  at: string;
  unread: number;
}

/** What the chat tells a view. */
export type News =
  | Change
  | { kind: "session"; session: Session }
  | { kind: "status"; status: Status; reason: string }
  | { kind: "ready" }
  | { kind: "pending"; entry: Unsent }
  | { kind: "sent"; cid: string }
  | { kind: "failed"; entry: Unsent }
  | { kind: "notice"; code: NoticeFrame["code"]; text: string; etaS: number | null }
  | { kind: "typing" }
  | { kind: "refused"; code: string; message: string }
  | { kind: "asked" };

/** Time and timers, passed in so that tests own them. Milliseconds throughout. */
export interface Clock {
  now(): number;
  after(ms: number, then: () => void): number;
  cancel(timer: number): void;
}

/** What the loader hands to the panel. */
export interface Frame {
  origin: string;
  siteKey: string;
  /** "" when the page says that nobody is signed in, null when it says nothing. */
  identity: string | null;
  locale: string | null;
  host: HTMLElement;
  shadow: ShadowRoot;
  section: HTMLElement;
  launcher: HTMLButtonElement;
  setUnread(count: number): void;
  setOpen(open: boolean): void;
  paint(accent: NonNullable<Settings["accent"]>): void;
}

export interface Panel {
  /** Resolves when the panel is shown; `pressed`: somebody asked for it and goes on in it. */
  open(pressed: boolean): Promise<void>;
  close(): void;
  toggle(): Promise<void> | void;
  identify(identity: string | null): void;
}

/** What a page that embeds the widget may call. */
export interface Doors {
  open(): void;
  close(): void;
  /** Say who the customer is, with a fresh signed identity; null when they sign out. */
  identify(identity: string | null): void;
}

declare global {
  interface Window {
    chatbotWidget?: Doors;
  }
}
