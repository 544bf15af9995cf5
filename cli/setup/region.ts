/**
 * Cloudflare's name for the region of a Neon database, by which a Worker runs beside it.
 *
 * Source: https://neon.com/docs/introduction/regions; https://developers.cloudflare.com/workers/configuration/placement,
 * whose names are those of the cloud itself
 */
const placements: Readonly<Record<string, string>> = {
  "us-east-1.aws": "aws:us-east-1",
  "us-east-2.aws": "aws:us-east-2",
  "us-west-2.aws": "aws:us-west-2",
  "eu-central-1.aws": "aws:eu-central-1",
  "eu-west-2.aws": "aws:eu-west-2",
  "ap-southeast-1.aws": "aws:ap-southeast-1",
  "ap-southeast-2.aws": "aws:ap-southeast-2",
  "sa-east-1.aws": "aws:sa-east-1",
  "eastus2.azure": "azure:eastus2",
  "westus3.azure": "azure:westus3",
  // Neon shortens this one.
  "gwc.azure": "azure:germanywestcentral",
};

/**
 * @param host of a connection string, for example `ep-cool-1-pooler.c-2.us-east-2.aws.neon.tech`
 * @returns undefined if the host is not Neon's, or its region is not known here
 */
export const placementOf = (host: string): string | undefined => {
  const region = /\.([a-z0-9-]+\.[a-z]+)\.neon\.(tech|build)$/i.exec(host)?.[1]?.toLowerCase();
  return region === undefined ? undefined : placements[region];
};
