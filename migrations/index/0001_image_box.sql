-- Boxes of the footprints' unit vectors: no wrap at RA 0, no poles. The numbers are 32-bit floats, rounded outwards.
-- The release is a fourth dimension, [number - 0.25, number + 0.25], so that a query walks its own release only;
-- an extent of 0 would make every volume 0, and volumes are how an R*Tree chooses where to insert.
CREATE VIRTUAL TABLE `image_box` USING rtree(
  `id`, `x_min`, `x_max`, `y_min`, `y_max`, `z_min`, `z_max`, `release_min`, `release_max`
);
--> statement-breakpoint
CREATE TRIGGER `image_box_follows_delete` AFTER DELETE ON `image` BEGIN
  DELETE FROM `image_box` WHERE `id` = OLD.`id`;
END;
