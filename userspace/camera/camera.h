/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A camera as a scan sees it: configure, start, take frames one by one.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC. A camera is used by one thread at a
 * time. A lens position is in dioptres, 1/m: 0 is infinity, 4 is 0.25 m before
 * it.
 */
#ifndef OSCAN_CAMERA_H
#define OSCAN_CAMERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum camera_mark - which moment of a frame its time marks */
enum camera_mark {
	CAMERA_MARK_UNKNOWN = 1,	/* the driver's buffer time */
	CAMERA_MARK_EXPOSURE_START = 2,	/* first row begins to be exposed */
	CAMERA_MARK_READOUT_START = 3,	/* first row ends to be exposed */
	CAMERA_MARK_FRAME_END = 4,	/* last row has been read out */
};

/** enum camera_format - how pixels lie in memory, rows from top to bottom */
enum camera_format {
	CAMERA_FORMAT_RGB8 = 1,		/* bytes red, green, blue */
	CAMERA_FORMAT_GREY8 = 2,	/* one byte */
	CAMERA_FORMAT_JPEG = 3,		/* one file of camera_frame.size bytes */
	CAMERA_FORMAT_BAYER16 = 4,	/* one sample of 16 bits, low byte first */
};

/**
 * enum camera_bayer - colours of a raw image: of the first two pixels of its
 * first row, then of its second
 */
enum camera_bayer {
	CAMERA_BAYER_RGGB = 1,
	CAMERA_BAYER_GRBG = 2,
	CAMERA_BAYER_GBRG = 3,
	CAMERA_BAYER_BGGR = 4,
};

/** enum camera_trigger - whether pulses at an input have the camera expose */
enum camera_trigger {
	CAMERA_TRIGGER_UNKNOWN = 0,	/* only a try tells */
	CAMERA_TRIGGER_NONE = 1,	/* they do not */
	CAMERA_TRIGGER_LINE = 2,	/* one frame for each, and no other */
};

/** enum camera_focus - how auto-focus goes */
enum camera_focus {
	CAMERA_FOCUS_UNKNOWN = 0,	/* not told, or not asked for */
	CAMERA_FOCUS_SCANNING = 1,
	CAMERA_FOCUS_FOUND = 2,
	CAMERA_FOCUS_FAILED = 3,
};

/** enum camera_status - what became of a frame */
enum camera_status {
	CAMERA_FRAME_GOOD = 1,
	CAMERA_FRAME_BAD = 2,		/* the camera says: may be corrupt */
};

/**
 * struct camera_settings - what a scan wants, then what it has
 * @width: pixels, 0 for the camera's own choice
 * @height: pixels, 0 for the camera's own choice
 * @format: enum camera_format, 0 for the camera's own choice
 * @period_ns: time from frame to frame, 0 for the camera's own
 * @exposure_ns: exposure time, 0 for the camera's own
 * @gain: analogue gain, 0 for the camera's own
 *
 * camera_ops.configure() overwrites each with what the camera really does; 0
 * there means that the camera neither takes nor tells it.
 */
struct camera_settings {
	uint32_t width;
	uint32_t height;
	uint32_t format;
	uint64_t period_ns;
	uint64_t exposure_ns;
	double gain;
};

/**
 * struct camera_controls - what is changed between photos
 * @exposure_ns: exposure time, 0: as it is
 * @gain: analogue gain, 0: as it is
 * @lens_dpt: lens position, NAN: as it is; else auto-focus is turned off
 * @autofocus: focus once, then hold; not together with @lens_dpt
 * @red_gain: of white balance, against green, 0: as it is; else automatic
 *	white balance is turned off
 * @blue_gain: likewise; both or neither
 * @lock_white_balance: hold what automatic white balance has found
 *
 * Begin with CAMERA_CONTROLS_LEAVE, which changes nothing; it needs <math.h>.
 */
struct camera_controls {
	uint64_t exposure_ns;
	double gain;
	double lens_dpt;
	bool autofocus;
	double red_gain;
	double blue_gain;
	bool lock_white_balance;
};

#define CAMERA_CONTROLS_LEAVE ((struct camera_controls){ .lens_dpt = NAN })

/**
 * struct camera_frame - one frame
 * @data: pixels, shape [height][width][bytes per pixel] of the settings, no
 *	padding between rows, or the file of CAMERA_FORMAT_JPEG; valid until
 *	the frame is released
 * @size: bytes
 * @time_ns: the camera's own time of the frame, CLOCK_MONOTONIC
 * @sequence: the camera's own count of frames since start; the first frame
 *	that is delivered need not be 0; a gap means that frames were dropped
 *	before they reached us
 * @status: enum camera_status
 * @exposure_ns: exposure of this frame, 0 if not told
 * @gain: analogue gain of this frame, 0 if not told
 * @frame_duration_ns: period as told with this frame, 0 if not told
 * @lens_dpt: lens position of this frame, NAN if not told
 * @focus: enum camera_focus, when this frame was taken
 * @red_gain: of white balance in this frame, against green, 0 if not told
 * @blue_gain: likewise
 * @bayer_black: sample of CAMERA_FORMAT_BAYER16 without light, 0 if not told
 */
struct camera_frame {
	const void *data;
	size_t size;
	uint64_t time_ns;
	uint32_t sequence;
	uint32_t status;
	uint64_t exposure_ns;
	double gain;
	uint64_t frame_duration_ns;
	double lens_dpt;
	uint32_t focus;
	double red_gain;
	double blue_gain;
	uint32_t bayer_black;
};

/**
 * struct camera_capabilities - what the camera can do
 * @sets_period: takes camera_settings.period_ns; whether it is obeyed shows
 *	only in the times of the frames
 * @sets_exposure: obeys camera_settings.exposure_ns
 * @sets_gain: obeys camera_settings.gain
 * @counts_gaps: a gap in camera_frame.sequence shows every frame that the
 *	sensor made and we did not get
 * @mark: enum camera_mark: what camera_frame.time_ns marks
 * @readout_ns: time from the first row's readout to the last one's, rows less
 *	one times the row time; 0 for a global shutter or if not known
 * @sets_lens: obeys camera_controls.lens_dpt
 * @lens_min_dpt: least lens position, with @sets_lens
 * @lens_max_dpt: greatest lens position, likewise
 * @has_autofocus: obeys camera_controls.autofocus
 * @sets_white_balance: obeys camera_controls.red_gain, blue_gain and
 *	lock_white_balance
 * @on_demand: takes a frame only when shoot() is called; start() takes none
 * @trigger: enum camera_trigger
 * @bayer: enum camera_bayer, for CAMERA_FORMAT_BAYER16; 0: it gives no raw
 *	images. Whether it does is known before it is configured for them, the
 *	order of colours may be known only afterwards
 * @bayer_bits: bits of a raw sample that are used, the lowest of its 16
 * @focal_length_mm: of the lens, 0 if not known
 * @pixel_um: distance of two pixels of the image on the sensor, 0 if not known
 */
struct camera_capabilities {
	bool sets_period;
	bool sets_exposure;
	bool sets_gain;
	bool counts_gaps;
	uint32_t mark;
	uint64_t readout_ns;
	bool sets_lens;
	double lens_min_dpt;
	double lens_max_dpt;
	bool has_autofocus;
	bool sets_white_balance;
	bool on_demand;
	uint32_t trigger;
	uint32_t bayer;
	uint32_t bayer_bits;
	double focal_length_mm;
	double pixel_um;
};

struct camera;

/**
 * struct camera_ops - a kind of camera
 * @name: "libcamera"
 * @list: call @each with the id of every camera that is there. Return the
 *	number of cameras, or -1 with errno.
 * @open: open a camera by id; NULL or "" for the first one. NULL with errno:
 *	ENODEV: there is none at all or none of that name, EBUSY: in use by
 *	another program, which may keep it from being listed, EINVAL: the id
 *	of a camera of this kind, with a part that cannot be, ENOSYS: built
 *	without this kind.
 * @close: give everything back; stops first if needed
 * @id: the camera's id, valid while it is open
 * @model: text for people, valid while it is open
 * @capabilities: valid after configure()
 * @configure: may be repeated. 0, or -1 with errno: EINVAL: the camera cannot
 *	do this at all, EBUSY: it is started, or another program uses it.
 *	Asking for an exposure or a gain turns automatic exposure off.
 * @start: after configure(). 0, or -1 with errno: EINVAL: not configured,
 *	EBUSY: started already, or what the driver says
 * @next: the next frame, oldest first. Waits up to @timeout_ms. 0, or -1:
 *	ETIMEDOUT, EINTR, EIO: the camera is not started, was unplugged or has
 *	stopped to deliver. A signal need not end the wait: keep the timeout
 *	short (100 ms) and look at your flags in between. At most as many
 *	frames may be held as the camera has buffers, which is no less than 2.
 * @release: give a frame back at once; each frame of next() exactly once
 * @dropped: frames that the camera began and gave up, since start, if it
 *	tells; else 0
 * @control: after configure(), started or not; the next configure() forgets it.
 *	Takes effect some frames later: each frame tells its own exposure, gain
 *	and lens position. 0, or -1 with errno: EINVAL: beyond the range or not
 *	to be combined, EOPNOTSUPP: the camera has not all of these controls,
 *	each with nothing changed; EIO: the camera was unplugged
 * @shoot: take one frame now, which next() then returns. Returns when its
 *	exposure has ended, so that the object may move; no signal ends it
 *	earlier. NULL where capabilities.on_demand can never be. 0, or -1 with
 *	errno: EBUSY: not on demand, or all buffers are held or wait to be
 *	fetched; EIO: not started, unplugged, or the camera says no
 * @stop: no frame comes after it. Frames still held must be released first;
 *	any that are not lose their data at the next start, configure or close
 */
struct camera_ops {
	const char *name;
	int (*list)(void (*each)(const char *id, const char *model,
				 void *data), void *data);
	struct camera *(*open)(const char *id);
	void (*close)(struct camera *camera);
	const char *(*id)(const struct camera *camera);
	const char *(*model)(const struct camera *camera);
	void (*capabilities)(const struct camera *camera,
			     struct camera_capabilities *capabilities);
	int (*configure)(struct camera *camera,
			 struct camera_settings *settings);
	int (*start)(struct camera *camera);
	int (*next)(struct camera *camera, struct camera_frame *frame,
		    int timeout_ms);
	void (*release)(struct camera *camera, struct camera_frame *frame);
	uint64_t (*dropped)(const struct camera *camera);
	int (*control)(struct camera *camera,
		       const struct camera_controls *controls);
	int (*shoot)(struct camera *camera);
	void (*stop)(struct camera *camera);
};

/** camera_libcamera - every camera that libcamera knows */
extern const struct camera_ops camera_libcamera;

/**
 * camera_gphoto2 - DSLRs and others that libgphoto2 knows
 *
 * The id is "gphoto2" for the first one, "gphoto2:MODEL", or
 * "gphoto2:MODEL@PORT". It takes photos on demand, as JPEG files, of a size
 * that is not told. next() fetches them, which takes as long as it takes,
 * whatever the timeout; EPROTO: the file was no JPEG and is lost. A gain of 1
 * is ISO 100; exposure and gain are those of the camera's choices that are
 * nearest. Built without libgphoto2 it lists none, and open() fails with
 * ENOSYS.
 */
extern const struct camera_ops camera_gphoto2;

/**
 * camera_ops_of - the kind of camera that an id belongs to
 * @id: "synthetic" and "synthetic:..." are those of synthetic.h, "gphoto2" and
 *	"gphoto2:..." camera_gphoto2's; all others, NULL and "" are libcamera's
 */
const struct camera_ops *camera_ops_of(const char *id);

/** camera_mark_name - "exposure_start" and so on, as in the scan file */
const char *camera_mark_name(uint32_t mark);

/** camera_mark - by name: enum camera_mark, -1: no moment has that name */
int camera_mark(const char *name);

/**
 * camera_bytes_per_pixel - 3, 2 or 1; 0 for an unknown format and for one whose
 * pixels have no place of their own
 */
static inline uint32_t camera_bytes_per_pixel(uint32_t format)
{
	switch (format) {
	case CAMERA_FORMAT_RGB8:
		return 3;
	case CAMERA_FORMAT_BAYER16:
		return 2;
	case CAMERA_FORMAT_GREY8:
		return 1;
	default:
		return 0;
	}
}

/** camera_streams - whether it gives frames of pixels by itself, as a film */
static inline bool camera_streams(const struct camera_settings *settings,
				  const struct camera_capabilities *can)
{
	return !can->on_demand && (settings->format == CAMERA_FORMAT_RGB8 ||
				   settings->format == CAMERA_FORMAT_GREY8);
}

#ifdef __cplusplus
}
#endif

#endif /* OSCAN_CAMERA_H */
