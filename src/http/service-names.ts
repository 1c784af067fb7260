/** Services of ours, by the first label of their hosts. */
export const SERVICE_NAMES = ["cutout", "auth", "dsa110"] as const;

export type ServiceName = (typeof SERVICE_NAMES)[number];
