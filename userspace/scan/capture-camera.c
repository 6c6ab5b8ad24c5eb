// SPDX-License-Identifier: GPL-2.0-or-later
/* The camera of a capture scan: which of its frames is the photo. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include "capture-parts.h"
#include "preview.h"

#define NS CAPTURE_NS_PER_S

/* Longest time without a frame, and without one that is as it should be. */
#define FRAME_NS (10 * NS)
#define FRAME_PERIODS 20
/* A camera on demand may choose a long exposure, and hands over slowly. */
#define DEMAND_NS (60 * NS)
#define PHOTO_NS (20 * NS)
/* Who has not asked for so long cannot say that none came. */
#define UNASKED_NS NS

/* A lens that is told to move by a frame's own account may still swing. */
#define LENS_NS (NS / 10)
/* A camera that does not tell of its controls has obeyed after these. */
#define BLIND_NS (3 * NS / 10)
#define BLIND_PERIODS 4

/* Cameras expose whole rows, and move lenses in steps. */
#define EXPOSURE_SHARE 0.05
#define EXPOSURE_NS 50000
#define LENS_DPT 0.05

static const struct camera_ops *ops_of(const struct capture *capture)
{
	return capture->request->camera;
}

static const char *id_of(const struct capture *capture)
{
	return ops_of(capture)->id(capture->camera);
}

int capture_set_camera(struct capture *capture,
		       const struct camera_controls *controls)
{
	if (!ops_of(capture)->control(capture->camera, controls))
		return 0;
	if (errno == EINVAL)
		return capture_fail(capture, ERANGE,
				    "wanted the camera %.80s to expose %.6g ms with the lens at %g dioptres, found that beyond its range; choose a smaller bracket or stack, or let the camera choose",
				    id_of(capture),
				    controls->exposure_ns / 1e6,
				    controls->lens_dpt);
	return capture_fail(capture, errno,
			    "wanted to set the camera %.80s, found: %s; see its cable, or let the camera choose",
			    id_of(capture), strerror(errno));
}

/* What configure() cannot be told. */
static int put_locked(struct capture *capture)
{
	const struct capture_locked *locked = &capture->locked;
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;

	controls.red_gain = locked->red_gain;
	controls.blue_gain = locked->blue_gain;
	if (locked->found) {
		controls.exposure_ns = locked->exposure_ns;
		controls.gain = locked->gain;
	}
	capture->wish.exposure_ns = locked->exposure_ns;
	if (!controls.exposure_ns && !controls.gain && !controls.red_gain)
		return 0;
	capture->wish_ns = capture_now();
	return capture_set_camera(capture, &controls);
}

int capture_camera_start(struct capture *capture)
{
	if (!capture->camera)
		return 0;
	if (restore_note_camera(capture->restore))
		return capture_fail(capture, errno,
				    "wanted to write into the journal %.300s, found: %s; free some space there",
				    restore_path(capture->restore),
				    strerror(errno));
	/* Before the first frame, which would be as the camera likes it. */
	if (put_locked(capture))
		return -1;
	if (ops_of(capture)->start(capture->camera))
		return capture_fail(capture, errno,
				    "wanted to start the camera %.80s, found: %s; see its cable and the kernel's log",
				    id_of(capture), strerror(errno));
	capture->camera_running = true;
	capture->period_ns = capture->settings.period_ns;
	return 0;
}

static uint64_t frame_timeout(const struct capture *capture)
{
	uint64_t most = FRAME_PERIODS * capture->period_ns +
			10 * capture->wish.exposure_ns;
	uint64_t least = capture->capabilities.on_demand ? DEMAND_NS :
							   FRAME_NS;

	return most > least ? most : least;
}

static int none_for(struct capture *capture, uint64_t ns)
{
	return capture_fail(capture, ETIMEDOUT,
			    "wanted a frame from the camera %.80s, found none for %.3g s; see its cable and the kernel's log, then take the scan up again",
			    id_of(capture), ns / 1e9);
}

static int no_frame(struct capture *capture, uint64_t now)
{
	if (now - capture->last_frame_ns <= frame_timeout(capture))
		return 0;
	return none_for(capture, now - capture->last_frame_ns);
}

struct photo_pixels capture_pixels(const struct capture *capture)
{
	return (struct photo_pixels){
		.width = capture->settings.width,
		.height = capture->settings.height,
		.format = capture->settings.format,
		.bayer = capture->capabilities.bayer,
		.bayer_bits = capture->capabilities.bayer_bits,
		.bayer_black = capture->frame.bayer_black,
		.data = capture->frame.data,
		.size = capture->frame.size,
	};
}

static void show(struct capture *capture)
{
	const struct photo_pixels pixels = capture_pixels(capture);

	if (capture->request->preview)
		preview_offer(capture->request->preview, &pixels);
}

static void sleep_tick(void)
{
	struct timespec tick = { .tv_nsec = CAPTURE_TICK_MS * 1000000l };

	nanosleep(&tick, NULL);
}

/* Of two frames, those between them that were lost counted. */
static void measure_period(struct capture *capture)
{
	const struct camera_frame *frame = &capture->frame;
	uint32_t frames = frame->sequence - capture->before_sequence;

	if (frame->frame_duration_ns)
		capture->period_ns = frame->frame_duration_ns;
	else if (capture->before_ns && frame->time_ns > capture->before_ns &&
		 frame->sequence > capture->before_sequence &&
		 !capture->capabilities.on_demand)
		capture->period_ns = (frame->time_ns - capture->before_ns) /
				     frames;
	capture->before_ns = frame->time_ns;
	capture->before_sequence = frame->sequence;
}

static int next(struct capture *capture)
{
	if (capture->fetch.begun)
		return capture_fetch_end(capture);
	return ops_of(capture)->next(capture->camera, &capture->frame,
				     CAPTURE_TICK_MS);
}

int capture_next(struct capture *capture)
{
	uint64_t now = capture_now();

	if (!capture->last_frame_ns || now - capture->polled_ns > UNASKED_NS)
		capture->last_frame_ns = now;
	capture->polled_ns = now;
	if (next(capture)) {
		if (errno == ETIMEDOUT || errno == EINTR)
			return no_frame(capture, capture_now());
		return capture_fail(capture, errno,
				    "wanted a frame from the camera %.80s, found: %s; see its cable, then take the scan up again",
				    id_of(capture), strerror(errno));
	}
	capture->holding = true;
	capture->taking = false;
	capture->last_frame_ns = capture_now();
	measure_period(capture);
	show(capture);
	return 1;
}

void capture_release(struct capture *capture)
{
	ops_of(capture)->release(capture->camera, &capture->frame);
	capture->holding = false;
}

/* A camera on demand has no frame that was not asked for. */
int capture_idle(struct capture *capture)
{
	int got;

	if (!capture->camera_running || capture->capabilities.on_demand) {
		sleep_tick();
		return 0;
	}
	got = capture_next(capture);
	if (got > 0)
		capture_release(capture);
	return got < 0 ? -1 : 0;
}

static uint64_t exposure_of(const struct capture *capture)
{
	if (capture->frame.exposure_ns)
		return capture->frame.exposure_ns;
	if (capture->wish.exposure_ns)
		return capture->wish.exposure_ns;
	/* Its own choice, of which it said no more than where it began. */
	if (capture->settings.exposure_ns > capture->period_ns)
		return capture->settings.exposure_ns;
	return capture->period_ns;
}

/* Nothing says how long before its time a frame may have begun. */
static bool is_dark(const struct capture *capture)
{
	return !exposure_of(capture) || (!capture->period_ns &&
	       capture->capabilities.mark == CAMERA_MARK_UNKNOWN);
}

/*
 * From the first row's beginning to the last one's end, rather too long than
 * too short: where nobody knows what the time marks, the exposure may have
 * begun a period before it, but it is over when the frame is there.
 */
void capture_exposure(const struct capture *capture, uint64_t *begin_ns,
		      uint64_t *end_ns)
{
	uint64_t exposure = exposure_of(capture), time = capture->frame.time_ns;
	uint64_t readout = capture->capabilities.readout_ns;

	*begin_ns = time;
	*end_ns = time;
	switch (capture->capabilities.mark) {
	case CAMERA_MARK_EXPOSURE_START:
		*end_ns += exposure + readout;
		break;
	case CAMERA_MARK_READOUT_START:
		*begin_ns -= exposure;
		*end_ns += readout;
		break;
	case CAMERA_MARK_FRAME_END:
		*begin_ns -= exposure + readout;
		break;
	default:
		*begin_ns -= exposure + readout + capture->period_ns;
		*end_ns = capture->last_frame_ns;
	}
	if (capture->capabilities.on_demand) {
		*begin_ns = capture->shot_ns;
		*end_ns = capture->shot_end_ns;
	}
}

int capture_shoot(struct capture *capture)
{
	uint64_t now = capture_now(), from = capture->ready_ns;

	if (capture->shot_ns)
		return 1;
	if (capture->lens_ns && from < capture->lens_ns + LENS_NS)
		from = capture->lens_ns + LENS_NS;
	if (now < from) {
		sleep_tick();
		return 0;
	}
	capture->shot_ns = now;
	if (!ops_of(capture)->shoot(capture->camera)) {
		capture->taking = true;
		capture->shot_end_ns = capture_now();
		capture->last_frame_ns = capture->shot_end_ns;
		return 1;
	}
	return capture_fail(capture, errno,
			    "wanted the camera %.80s to take a photo, found: %s; see its cable and its display",
			    id_of(capture), strerror(errno));
}

int capture_look(struct capture *capture)
{
	int got = capture->capabilities.on_demand ?
		  capture_shoot(capture) : 1;

	return got > 0 ? capture_next(capture) : got;
}

int capture_wish_for(struct capture *capture)
{
	struct camera_controls controls = CAMERA_CONTROLS_LEAVE;
	struct project_photo photo;
	struct capture_wish wish;

	if (!capture->camera)
		return 0;
	capture_shot(capture, &photo, &wish);
	if (wish.exposure_ns != capture->wish.exposure_ns)
		controls.exposure_ns = wish.exposure_ns;
	if (!isnan(wish.lens_dpt) && wish.lens_dpt != capture->wish.lens_dpt)
		controls.lens_dpt = wish.lens_dpt;
	if (!controls.exposure_ns && isnan(controls.lens_dpt))
		return 0;
	capture->wish = wish;
	capture->wish_ns = capture_now();
	if (!isnan(controls.lens_dpt))
		capture->lens_ns = capture->wish_ns;
	return capture_set_camera(capture, &controls);
}

static double lens_tolerance(const struct capture_request *request)
{
	double spacing;

	if (request->stack < 2)
		return LENS_DPT;
	spacing = (request->focus_max_dpt - request->focus_min_dpt) /
		  (request->stack - 1);
	return fmin(LENS_DPT, spacing / 4);
}

static bool is_exposed(const struct capture *capture, bool blind)
{
	double wanted = capture->wish.exposure_ns;
	double told = capture->frame.exposure_ns;

	/* A camera on demand takes the nearest of its choices, and tells it. */
	if (!wanted || capture->capabilities.on_demand)
		return true;
	if (!told)
		return blind;
	return fabs(told - wanted) <= EXPOSURE_SHARE * wanted + EXPOSURE_NS;
}

static bool is_in_place(const struct capture *capture, bool blind)
{
	double wanted = capture->wish.lens_dpt;
	double told = capture->frame.lens_dpt;

	if (isnan(wanted))
		return true;
	if (isnan(told))
		return blind;
	return fabs(told - wanted) <= lens_tolerance(capture->request);
}

static bool is_whole(const struct capture *capture)
{
	const struct camera_settings *settings = &capture->settings;
	uint64_t bytes = (uint64_t)settings->width * settings->height *
			 camera_bytes_per_pixel(settings->format);

	return capture->frame.status == CAMERA_FRAME_GOOD &&
	       capture->frame.size && (!bytes || capture->frame.size == bytes);
}

/* The first frame that was exposed at rest, and as the photo wants it. */
static bool is_photo(const struct capture *capture)
{
	uint64_t begin_ns, end_ns;
	bool blind;

	capture_exposure(capture, &begin_ns, &end_ns);
	if (!is_whole(capture) || begin_ns < capture->ready_ns)
		return false;
	if (!capture->capabilities.on_demand && is_dark(capture))
		return false;
	if (capture->lens_ns && begin_ns < capture->lens_ns + LENS_NS)
		return false;
	blind = !capture->wish_ns ||
		begin_ns >= capture->wish_ns + BLIND_NS +
			    BLIND_PERIODS * capture->period_ns;
	return is_exposed(capture, blind) && is_in_place(capture, blind);
}

static int too_long(struct capture *capture)
{
	const struct camera_frame *frame = &capture->frame;
	uint64_t now = capture_now();

	if (now <= capture->wait_ns + PHOTO_NS + frame_timeout(capture))
		return 0;
	if (!frame->status)
		return none_for(capture, now - capture->wait_ns);
	if (!is_whole(capture))
		return capture_fail(capture, EIO,
				    "wanted a whole frame from the camera %.80s, found only broken ones; see its cable",
				    id_of(capture));
	return capture_fail(capture, ETIMEDOUT,
			    "wanted a frame exposed %.6g ms with the lens at %g dioptres, found %.6g ms and %g; the camera %.80s does not obey: let it choose",
			    capture->wish.exposure_ns / 1e6,
			    capture->wish.lens_dpt, frame->exposure_ns / 1e6,
			    frame->lens_dpt, id_of(capture));
}

int capture_expose(struct capture *capture)
{
	int got = capture_look(capture);

	if (got <= 0)
		return got ? got : too_long(capture);
	if (is_photo(capture))
		return 1;
	capture_release(capture);
	capture->shot_ns = 0;
	return too_long(capture);
}
