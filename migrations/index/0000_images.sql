CREATE TABLE `archive_root` (
	`id` integer PRIMARY KEY NOT NULL,
	`location` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `archive_root_location_unique` ON `archive_root` (`location`);--> statement-breakpoint
CREATE TABLE `image` (
	`id` integer PRIMARY KEY NOT NULL,
	`release_number` integer NOT NULL,
	`key` text NOT NULL,
	`field_name` text,
	`band` text,
	`dataproduct_type` text NOT NULL,
	`calib_level` integer NOT NULL,
	`obs_collection` text NOT NULL,
	`obs_id` text NOT NULL,
	`target_name` text,
	`s_ra` real NOT NULL,
	`s_dec` real NOT NULL,
	`s_fov` real NOT NULL,
	`footprint` blob NOT NULL,
	`s_resolution` real,
	`s_pixel_scale` real,
	`s_xel1` integer,
	`s_xel2` integer,
	`t_min` real,
	`t_max` real,
	`t_exptime` real,
	`t_resolution` real,
	`em_min` real,
	`em_max` real,
	`em_res_power` real,
	`o_ucd` text,
	`pol_states` text,
	`facility_name` text,
	`instrument_name` text,
	`root_id` integer NOT NULL,
	`planes` text NOT NULL,
	`byte_length` integer,
	`available` integer NOT NULL,
	FOREIGN KEY (`release_number`) REFERENCES `release`(`number`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`root_id`) REFERENCES `archive_root`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `image_release_key` ON `image` (`release_number`,`key`);--> statement-breakpoint
CREATE INDEX `image_release_field` ON `image` (`release_number`,`field_name`);--> statement-breakpoint
CREATE TABLE `release` (
	`number` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `release_id_unique` ON `release` (`id`);