import { blob, index, integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

// Tables of `index.sqlite`: which images exist and where they lie. Rebuilt by `recorte ingest`; nothing of it is backed up.
// The boxes of the footprints are in `image_box`, an R*Tree, which Drizzle cannot describe: migrations/index, image_box.

/** Numbers for release ids, because the R*Tree holds numbers only. */
export const release = sqliteTable("release", {
  number: integer("number").primaryKey(),
  id: text("id").notNull().unique(),
});

/** What plane locations are relative to: a folder or an address, without a slash at its end. */
export const archiveRoot = sqliteTable("archive_root", {
  id: integer("id").primaryKey(),
  location: text("location").notNull().unique(),
});

/** One row a published image. The ObsCore column (ObsCore 1.1, tables 6 and 7) follows where there is one. */
export const image = sqliteTable(
  "image",
  {
    id: integer("id").primaryKey(),
    releaseNumber: integer("release_number")
      .notNull()
      .references(() => release.number),
    /** The part of the publisher DID after `?`, such as `DES0219-1041/g`. */
    key: text("key").notNull(),
    fieldName: text("field_name"),
    band: text("band"),

    dataproductType: text("dataproduct_type").notNull(),
    calibLevel: integer("calib_level").notNull(),
    collection: text("obs_collection").notNull(),
    obsId: text("obs_id").notNull(),
    targetName: text("target_name"),
    raDegrees: real("s_ra").notNull(),
    decDegrees: real("s_dec").notNull(),
    fieldOfViewDegrees: real("s_fov").notNull(),
    /** s_region as `encodeRegion` writes it. */
    footprint: blob("footprint", { mode: "buffer" }).notNull(),
    resolutionArcsec: real("s_resolution"),
    pixelScaleArcsec: real("s_pixel_scale"),
    width: integer("s_xel1"),
    height: integer("s_xel2"),
    timeMinMjd: real("t_min"),
    timeMaxMjd: real("t_max"),
    exposureSeconds: real("t_exptime"),
    timeResolutionSeconds: real("t_resolution"),
    wavelengthMinMetres: real("em_min"),
    wavelengthMaxMetres: real("em_max"),
    resolvingPower: real("em_res_power"),
    ucd: text("o_ucd"),
    /** JSON array of SODA's words: `["I"]`. */
    polarizations: text("pol_states", { mode: "json" }).$type<readonly string[]>(),
    facility: text("facility_name"),
    instrument: text("instrument_name"),

    rootId: integer("root_id")
      .notNull()
      .references(() => archiveRoot.id),
    planes: text("planes", { mode: "json" }).$type<StoredPlanes>().notNull(),
    /** Of the file that holds the image plane; null when it was not looked at. ObsCore's access_estsize, in bytes. */
    byteLength: integer("byte_length"),
    /** False when the table names a file that was not there at ingest. */
    available: integer("available", { mode: "boolean" }).notNull(),
  },
  (table) => [
    uniqueIndex("image_release_key").on(table.releaseNumber, table.key),
    // With the key, which results are in order of: else SQLite prefers to walk the whole release in that order.
    index("image_release_field").on(table.releaseNumber, table.fieldName, table.key),
  ],
);

/**
 * Per plane: path below the root (null: the same as the image's), EXTNAME (null: none known),
 * HDU counted from 0 (null: not looked at).
 */
export type StoredPlanes = Readonly<
  Record<string, readonly [path: string | null, extname: string | null, hdu: number | null]>
>;

export type ImageRow = typeof image.$inferSelect;
export type NewImageRow = typeof image.$inferInsert;
