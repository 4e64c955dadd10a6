import type { IncidentFile } from "../../src/api/incident-file.ts";
import { Facts } from "../shared/facts.tsx";
import { Moment } from "../shared/timeline.tsx";
import { Verbatim } from "../shared/verbatim.tsx";

/** The one message of an incident: where it went, and its words. */
export function MessageMoment({
  file,
  at,
  since,
}: {
  readonly file: IncidentFile;
  readonly at: number | undefined;
  readonly since: number | undefined;
}) {
  const { message } = file;
  const { messageId = "", channel, sentAt, lastError } = file.status.escalation ?? {};
  const sent = sentAt !== undefined;
  return (
    <Moment
      title={sent ? sentTitle(channel) : "Message not delivered yet: it is tried again by itself"}
      tone={sent ? "info" : "warn"}
      shape={sent ? "play" : "ring"}
      at={at}
      since={since}
    >
      {!sent && lastError !== undefined && (
        <p class="foreign" dir="auto">
          {lastError}
        </p>
      )}
      {message !== undefined && (
        <>
          <Verbatim text={message.text} label="The message" lines={40} />
          {message.attachments?.map((attachment, index) => (
            <div class="attachment" key={index}>
              {attachment.title !== undefined && <p class="soft small">{attachment.title}</p>}
              <Facts of={attachment.fields.map(({ title, value }) => [title, value] as const)} />
              <Verbatim text={attachment.text} label="What it carries" />
            </div>
          ))}
        </>
      )}
      <p class="soft small">
        {channel === "log" && "In words here; the log holds the same as fields. "}Message id{" "}
        <code>{messageId}</code>: the same incident is never told twice.
      </p>
    </Moment>
  );
}

function sentTitle(channel = "people"): string {
  return channel === "log" ? "Message written to the log: no chat is set" : `Message sent to ${channel}`;
}
