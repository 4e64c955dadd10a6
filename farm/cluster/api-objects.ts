import { z } from "zod";

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z
        .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
        .default({ conditions: [] }),
    }),
  ),
});

const tokenRequest = z.object({ status: z.object({ token: z.string() }) });

/** Names of the nodes in a node list that are Ready; none when it is no node list. */
export function readyNodes(list: unknown): string[] {
  const { data } = nodeList.safeParse(list);
  return (data?.items ?? [])
    .filter(({ status }) =>
      status.conditions.some(({ type, status }) => type === "Ready" && status === "True"),
    )
    .map(({ metadata }) => metadata.name);
}

/** The token in the answer to a TokenRequest; undefined when it was refused. */
export function issuedToken(answer: unknown): string | undefined {
  return tokenRequest.safeParse(answer).data?.status.token;
}
