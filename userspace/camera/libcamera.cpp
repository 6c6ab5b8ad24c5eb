// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cameras by libcamera, from 0.0.3 (Debian 12) on.
 *
 * libcamera completes requests in a thread of its own. That thread puts the
 * number of a slot into a ring that can hold all of them and does nothing
 * else; camera_ops.next() takes from it. Everything but that ring belongs to
 * the caller's thread.
 */
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <libcamera/libcamera.h>

#include "camera.h"
#include "pixels.h"
#include "readout.h"
#include "v4l2-driver.h"

using namespace libcamera;

#define LIBCAMERA_AT_LEAST(major, minor)				\
	(LIBCAMERA_VERSION_MAJOR > (major) ||				\
	 (LIBCAMERA_VERSION_MAJOR == (major) &&				\
	  LIBCAMERA_VERSION_MINOR >= (minor)))

namespace {

/* Greatest gain of red or blue that is sent on. */
const double MOST_COLOUR_GAIN = 32;

/* Bytes from which on a frame is large: 12 megapixels in colour are less. */
const unsigned int LARGE_FRAME = 48 << 20;

/* One buffer of the camera, the request that it travels in, its memory. */
struct slot {
	struct mapping {
		int fd;
		void *base;
		size_t size;
	};

	slot() = default;
	slot(const slot &) = delete;
	slot &operator=(const slot &) = delete;
	~slot();

	std::unique_ptr<Request> request;
	FrameBuffer *buffer = nullptr;
	std::vector<mapping> mappings;
	struct pixels_image image = {};
	std::vector<uint8_t> converted;
	const uint8_t *data = nullptr;
	bool held = false;
};

slot::~slot()
{
	for (const mapping &m : mappings)
		munmap(m.base, m.size);
}

} /* namespace */

/* Members are destroyed from the last to the first, as libcamera wants it. */
struct camera {
	std::shared_ptr<CameraManager> manager;
	std::shared_ptr<Camera> device;
	std::unique_ptr<CameraConfiguration> config;
	std::unique_ptr<FrameBufferAllocator> allocator;
	std::vector<std::unique_ptr<slot>> slots;

	std::string model;
	struct camera_settings settings = {};
	struct camera_capabilities capabilities = {};
	const ControlInfoMap *controls = nullptr;
	ControlList held;		/* set by control(), for the next start */
	ControlList pending;		/* for the next request */
	bool started = false;
	bool clock_known = false;
	uint64_t clock_ahead_ns = 0;	/* of CLOCK_MONOTONIC */
	uint64_t cancelled = 0;
	size_t cancelled_in_a_row = 0;

	std::mutex lock;
	std::condition_variable wake;
	std::vector<uint64_t> ring;	/* @lock: slot numbers */
	size_t ring_head = 0;		/* @lock: oldest */
	size_t ring_count = 0;		/* @lock */
	bool gone = false;		/* @lock: unplugged */

	void completed(Request *request);
	void disconnected();
};

/* In libcamera's thread: no allocation, no call back into libcamera. */
void camera::completed(Request *request)
{
	std::lock_guard<std::mutex> guard(lock);

	ring[(ring_head + ring_count) % ring.size()] = request->cookie();
	ring_count++;
	wake.notify_one();
}

/* In libcamera's thread. */
void camera::disconnected()
{
	std::lock_guard<std::mutex> guard(lock);

	gone = true;
	wake.notify_one();
}

namespace {

/* An exception must not reach a caller in C. */
template <typename Result, typename Function>
Result guarded(Result failure, Function function)
{
	try {
		return function();
	} catch (const std::bad_alloc &) {
		errno = ENOMEM;
	} catch (...) {
		errno = EIO;
	}
	return failure;
}

int fail(int error)
{
	errno = error < 0 ? -error : error;
	return -1;
}

/* ---- the one manager that a process may have ---- */

std::mutex manager_lock;
std::condition_variable manager_ended;
bool manager_exists;

/* The last who holds it ends it; the next one begins only after that. */
void end_manager(CameraManager *manager)
{
	manager->stop();
	delete manager;
	const std::lock_guard<std::mutex> guard(manager_lock);

	manager_exists = false;
	manager_ended.notify_all();
}

std::shared_ptr<CameraManager> start_manager()
{
	/* vimc's calls it an error when a frame was in flight at stop. */
	setenv("LIBCAMERA_LOG_LEVELS", "IPAVimc:FATAL,*:ERROR", 0);
	auto manager = std::make_unique<CameraManager>();
	const int ret = manager->start();

	if (ret < 0) {
		errno = -ret;
		return nullptr;
	}
	manager_exists = true;
	return std::shared_ptr<CameraManager>(manager.release(), end_manager);
}

std::shared_ptr<CameraManager> get_manager()
{
	static std::weak_ptr<CameraManager> current;
	std::unique_lock<std::mutex> guard(manager_lock);
	std::shared_ptr<CameraManager> manager = current.lock();

	while (!manager && manager_exists) {
		manager_ended.wait(guard);
		manager = current.lock();
	}
	if (!manager) {
		manager = start_manager();
		current = manager;
	}
	return manager;
}

std::string model_of(const Camera &device)
{
	const auto model = device.properties().get(properties::Model);

	return model ? std::string(*model) : device.id();
}

int list_cameras(void (*each)(const char *, const char *, void *), void *data)
{
	const auto manager = get_manager();
	int count = 0;

	if (!manager)
		return errno == ENODEV || errno == ENOENT ? 0 : -1;
	for (const std::shared_ptr<Camera> &device : manager->cameras()) {
		each(device->id().c_str(), model_of(*device).c_str(), data);
		count++;
	}
	return count;
}

/* ---- which driver makes the time stamps ---- */

#if LIBCAMERA_AT_LEAST(0, 1)
std::vector<dev_t> devices_of(const struct camera &camera)
{
	const auto devices =
		camera.device->properties().get(properties::SystemDevices);

	if (!devices)
		return {};
	return std::vector<dev_t>(devices->begin(), devices->end());
}
#else
std::vector<dev_t> devices_of(const struct camera &camera)
{
	std::array<dev_t, 256> all;
	const size_t count = v4l2_devices(all.data(), all.size());
	std::vector<dev_t> devices;

	for (size_t i = 0; i < count; i++) {
		if (camera.manager->get(all[i]) == camera.device)
			devices.push_back(all[i]);
	}
	return devices;
}
#endif

/* ---- formats ---- */

struct native {
	PixelFormat format;
	uint32_t layout;
};

/* libcamera names the bytes of a pixel from the highest to the lowest. */
const std::array<struct native, 11> natives = {{
	{ formats::BGR888, PIXELS_RGB },
	{ formats::RGB888, PIXELS_BGR },
	{ formats::XBGR8888, PIXELS_RGBX },
	{ formats::XRGB8888, PIXELS_BGRX },
	{ formats::ABGR8888, PIXELS_RGBX },
	{ formats::ARGB8888, PIXELS_BGRX },
	{ formats::YUYV, PIXELS_YUYV },
	{ formats::UYVY, PIXELS_UYVY },
	{ formats::NV12, PIXELS_NV12 },
	{ formats::NV21, PIXELS_NV21 },
	{ formats::R8, PIXELS_GREY },
}};

struct raw {
	PixelFormat format;
	uint32_t layout;
	uint32_t bayer;
	uint32_t bits;
};

/* What has most bits first, and what need not be unpacked. */
#define RAWS(order)							\
	{ formats::S##order##16, PIXELS_RAW16, CAMERA_BAYER_##order, 16 },	\
	{ formats::S##order##12, PIXELS_RAW16, CAMERA_BAYER_##order, 12 },	\
	{ formats::S##order##12_CSI2P, PIXELS_RAW12P, CAMERA_BAYER_##order, 12 }, \
	{ formats::S##order##10, PIXELS_RAW16, CAMERA_BAYER_##order, 10 },	\
	{ formats::S##order##10_CSI2P, PIXELS_RAW10P, CAMERA_BAYER_##order, 10 }, \
	{ formats::S##order##8, PIXELS_GREY, CAMERA_BAYER_##order, 8 }

const std::array<struct raw, 24> raws = {{
	RAWS(RGGB), RAWS(GRBG), RAWS(GBRG), RAWS(BGGR)
}};

const struct raw *raw_of(const PixelFormat &format)
{
	for (const struct raw &raw : raws) {
		if (raw.format == format)
			return &raw;
	}
	return nullptr;
}

uint32_t layout_of(const PixelFormat &format)
{
	const struct raw *raw = raw_of(format);

	for (const struct native &native : natives) {
		if (native.format == format)
			return native.layout;
	}
	return raw ? raw->layout : 0;
}

bool is_offered(const StreamConfiguration &stream, const PixelFormat &format)
{
	const std::vector<PixelFormat> offered =
		stream.formats().pixelformats();

	return std::find(offered.begin(), offered.end(), format) !=
	       offered.end();
}

/* A sensor has one order of colours. */
const struct raw *choose_raw(const StreamConfiguration &stream)
{
	for (const struct raw &raw : raws) {
		if (is_offered(stream, raw.format))
			return &raw;
	}
	return nullptr;
}

/* What costs least to turn into the format that was asked for. */
PixelFormat choose_format(const StreamConfiguration &stream, uint32_t want)
{
	if (want == CAMERA_FORMAT_GREY8 && is_offered(stream, formats::R8))
		return formats::R8;
	for (const struct native &native : natives) {
		if (is_offered(stream, native.format))
			return native.format;
	}
	return formats::BGR888;
}

uint32_t encoding_of(const StreamConfiguration &stream)
{
	if (!stream.colorSpace)
		return PIXELS_REC601;
	switch (stream.colorSpace->ycbcrEncoding) {
	case ColorSpace::YcbcrEncoding::Rec709:
		return PIXELS_REC709;
	case ColorSpace::YcbcrEncoding::Rec2020:
		return PIXELS_REC2020;
	default:
		return PIXELS_REC601;
	}
}

struct pixels_image image_of(const StreamConfiguration &stream)
{
	struct pixels_image image = {};

	image.layout = layout_of(stream.pixelFormat);
	image.encoding = encoding_of(stream);
	image.full_range = stream.colorSpace &&
		stream.colorSpace->range == ColorSpace::Range::Full;
	image.width = stream.size.width;
	image.height = stream.size.height;
	image.stride = stream.stride;
	return image;
}

/* ---- buffers ---- */

void drop_buffers(struct camera &camera)
{
	camera.slots.clear();
	camera.allocator.reset();
}

int map_plane(struct slot &slot, const FrameBuffer::Plane &plane,
	      size_t needed, const uint8_t **data)
{
	const size_t offset = plane.offset == FrameBuffer::Plane::kInvalidOffset
			    ? 0 : plane.offset;
	const size_t size = offset + plane.length;
	void *base;

	if (plane.length < needed)
		return fail(EIO);
	base = mmap(nullptr, size, PROT_READ, MAP_SHARED, plane.fd.get(), 0);
	if (base == MAP_FAILED)
		return -1;
	slot.mappings.push_back({ plane.fd.get(), base, size });
	*data = static_cast<const uint8_t *>(base) + offset;
	return 0;
}

int map_planes(struct slot &slot)
{
	const unsigned int count = pixels_planes(slot.image.layout);
	unsigned int n = 0;

	slot.mappings.reserve(count);
	for (const FrameBuffer::Plane &plane : slot.buffer->planes()) {
		if (n == count)
			break;
		if (map_plane(slot, plane, pixels_plane_bytes(&slot.image, n),
			      &slot.image.planes[n]))
			return -1;
		n++;
	}
	return n == count ? 0 : fail(EIO);
}

bool is_as_wanted(uint32_t layout, uint32_t format)
{
	switch (layout) {
	case PIXELS_RGB:
		return format == CAMERA_FORMAT_RGB8;
	case PIXELS_GREY:
		return format == CAMERA_FORMAT_GREY8;
	case PIXELS_RAW16:
		return format == CAMERA_FORMAT_BAYER16;
	default:
		return false;
	}
}

/* Pixels that lie as they are wanted are not copied. */
void place_data(struct slot &slot, uint32_t format)
{
	const size_t row = static_cast<size_t>(slot.image.width) *
			   camera_bytes_per_pixel(format);

	if (is_as_wanted(slot.image.layout, format) && slot.image.stride == row) {
		slot.data = slot.image.planes[0];
		return;
	}
	slot.converted.resize(row * slot.image.height);
	slot.data = slot.converted.data();
}

int add_slot(struct camera &camera, const StreamConfiguration &stream,
	     FrameBuffer *buffer)
{
	auto slot = std::make_unique<struct slot>();
	int ret;

	slot->buffer = buffer;
	slot->image = image_of(stream);
	if (map_planes(*slot))
		return -1;
	place_data(*slot, camera.settings.format);
	slot->request = camera.device->createRequest(camera.slots.size());
	if (!slot->request)
		return fail(ENOMEM);
	ret = slot->request->addBuffer(stream.stream(), buffer);
	if (ret < 0)
		return fail(ret);
	camera.slots.push_back(std::move(slot));
	return 0;
}

int make_buffers(struct camera &camera)
{
	const StreamConfiguration &stream = camera.config->at(0);
	int ret;

	camera.allocator =
		std::make_unique<FrameBufferAllocator>(camera.device);
	ret = camera.allocator->allocate(stream.stream());
	if (ret < 0)
		return fail(ret);
	for (const std::unique_ptr<FrameBuffer> &buffer :
	     camera.allocator->buffers(stream.stream())) {
		if (add_slot(camera, stream, buffer.get()))
			return -1;
	}
	if (camera.slots.size() < 2)
		return fail(ENOMEM);
	camera.ring.resize(camera.slots.size());
	return 0;
}

/* Reading needs a begin and an end where the memory is cached. */
void sync_planes(const struct slot &slot, uint64_t flags)
{
	struct dma_buf_sync sync = {};

	sync.flags = flags | DMA_BUF_SYNC_READ;
	for (const slot::mapping &m : slot.mappings)
		ioctl(m.fd, DMA_BUF_IOCTL_SYNC, &sync);
}

/* ---- controls ---- */

const ControlInfo *find_control(const struct camera &camera,
				const ControlId &id)
{
	const auto found = camera.controls->find(&id);

	return found == camera.controls->end() ? nullptr : &found->second;
}

/* The first number of a value, whatever its type; NAN: there is none. */
double number_of(const ControlValue &value)
{
	const auto data = value.data();
	int32_t i32;
	int64_t i64;
	float f;

	switch (value.type()) {
	case ControlTypeInteger32:
		memcpy(&i32, data.data(), sizeof(i32));
		return i32;
	case ControlTypeInteger64:
		memcpy(&i64, data.data(), sizeof(i64));
		return static_cast<double>(i64);
	case ControlTypeFloat:
		memcpy(&f, data.data(), sizeof(f));
		return f;
	default:
		return NAN;
	}
}

double clamp_to(const ControlInfo &info, double value)
{
	const double low = number_of(info.min()), high = number_of(info.max());

	if (low > 0 && value < low)
		value = low;
	if (high > 0 && value > high)
		value = high;
	return value;
}

/* Microseconds are libcamera's unit. */
uint64_t settle_time(const ControlInfo *info, uint64_t want_ns)
{
	if (!info || !want_ns)
		return 0;
	return static_cast<uint64_t>(
		std::llround(clamp_to(*info, want_ns / 1e3))) * 1000;
}

void tell_lens(struct camera &camera)
{
	struct camera_capabilities &can = camera.capabilities;
	const ControlInfo *lens = find_control(camera, controls::LensPosition);

	can.has_autofocus = find_control(camera, controls::AfMode) &&
			    find_control(camera, controls::AfTrigger);
	can.sets_lens = lens != nullptr;
	if (!lens)
		return;
	can.lens_min_dpt = number_of(lens->min());
	can.lens_max_dpt = number_of(lens->max());
}

void settle_controls(struct camera &camera)
{
	struct camera_settings &settings = camera.settings;
	struct camera_capabilities &can = camera.capabilities;
	const ControlInfo *period =
		find_control(camera, controls::FrameDurationLimits);
	const ControlInfo *exposure =
		find_control(camera, controls::ExposureTime);
	const ControlInfo *gain = find_control(camera, controls::AnalogueGain);

	can.sets_period = period != nullptr;
	can.sets_exposure = exposure != nullptr;
	can.sets_gain = gain != nullptr;
	tell_lens(camera);
	can.sets_white_balance = find_control(camera, controls::AwbEnable) &&
				 find_control(camera, controls::ColourGains);
	settings.period_ns = settle_time(period, settings.period_ns);
	settings.exposure_ns = settle_time(exposure, settings.exposure_ns);
	if (settings.period_ns && settings.exposure_ns > settings.period_ns)
		settings.exposure_ns = settings.period_ns;
	if (!gain)
		settings.gain = 0;
	else if (settings.gain > 0)
		settings.gain = clamp_to(*gain, settings.gain);
}

void add_manual_exposure(const struct camera &camera, ControlList &list,
			 uint64_t exposure_ns, double gain)
{
	if (!exposure_ns && !(gain > 0))
		return;
	if (find_control(camera, controls::AeEnable))
		list.set(controls::AeEnable, false);
#if LIBCAMERA_AT_LEAST(0, 5)
	if (exposure_ns && find_control(camera, controls::ExposureTimeMode))
		list.set(controls::ExposureTimeMode,
			 static_cast<int32_t>(controls::ExposureTimeModeManual));
	if (gain > 0 && find_control(camera, controls::AnalogueGainMode))
		list.set(controls::AnalogueGainMode,
			 static_cast<int32_t>(controls::AnalogueGainModeManual));
#endif
	if (exposure_ns)
		list.set(controls::ExposureTime,
			 static_cast<int32_t>(exposure_ns / 1000));
	if (gain > 0)
		list.set(controls::AnalogueGain, static_cast<float>(gain));
}

void add_controls(const struct camera &camera, ControlList &list)
{
	const struct camera_settings &settings = camera.settings;
	const int64_t period_us = settings.period_ns / 1000;
	const int64_t limits[2] = { period_us, period_us };

	if (settings.period_ns)
		list.set(controls::FrameDurationLimits,
			 Span<const int64_t, 2>(limits));
	add_manual_exposure(camera, list, settings.exposure_ns, settings.gain);
}

/* ---- controls between photos ---- */

/* A limit of 0 is one that is not known, as in clamp_to(). */
bool fits(const ControlInfo *info, double value)
{
	return info && clamp_to(*info, value) == value;
}

int check_controls(const struct camera &camera,
		   const struct camera_controls &want)
{
	const struct camera_capabilities &can = camera.capabilities;
	const bool lens = !std::isnan(want.lens_dpt);
	const bool balance = want.red_gain != 0 || want.blue_gain != 0;

	if ((want.exposure_ns && !can.sets_exposure) ||
	    (want.gain != 0 && !can.sets_gain) || (lens && !can.sets_lens) ||
	    (want.autofocus && !can.has_autofocus) ||
	    ((balance || want.lock_white_balance) && !can.sets_white_balance))
		return fail(EOPNOTSUPP);
	if (want.exposure_ns &&
	    !fits(find_control(camera, controls::ExposureTime),
		  want.exposure_ns / 1000))
		return fail(EINVAL);
	if (want.gain != 0 &&
	    (!(want.gain > 0) ||
	     !fits(find_control(camera, controls::AnalogueGain), want.gain)))
		return fail(EINVAL);
	if (lens && (want.autofocus || !(want.lens_dpt >= can.lens_min_dpt &&
					 want.lens_dpt <= can.lens_max_dpt)))
		return fail(EINVAL);
	if (balance &&
	    !(want.red_gain > 0 && want.red_gain <= MOST_COLOUR_GAIN &&
	      want.blue_gain > 0 && want.blue_gain <= MOST_COLOUR_GAIN))
		return fail(EINVAL);
	return 0;
}

void add_lens(const struct camera &camera, ControlList &list,
	      const struct camera_controls &want)
{
	if (want.autofocus)
		list.set(controls::AfMode,
			 static_cast<int32_t>(controls::AfModeAuto));
	if (std::isnan(want.lens_dpt))
		return;
	if (find_control(camera, controls::AfMode))
		list.set(controls::AfMode,
			 static_cast<int32_t>(controls::AfModeManual));
	list.set(controls::LensPosition, static_cast<float>(want.lens_dpt));
}

void add_white_balance(ControlList &list, const struct camera_controls &want)
{
	const float gains[2] = { static_cast<float>(want.red_gain),
				 static_cast<float>(want.blue_gain) };

	if (want.lock_white_balance || want.red_gain > 0)
		list.set(controls::AwbEnable, false);
	if (want.red_gain > 0)
		list.set(controls::ColourGains, Span<const float, 2>(gains));
}

/* ControlList::merge() would keep what is there. */
void overwrite(ControlList &list, const ControlList &newer)
{
	for (const auto &control : newer)
		list.set(control.first, control.second);
}

void forget_controls(struct camera &camera)
{
	camera.held = ControlList(*camera.controls);
	camera.pending = ControlList(*camera.controls);
}

ControlList controls_at_start(struct camera &camera)
{
	ControlList list(*camera.controls);

	add_controls(camera, list);
	overwrite(list, camera.held);
	overwrite(list, camera.pending);
	camera.pending.clear();
	return list;
}

/*
 * A lens that was moved by hand and is then focused by the camera must not be
 * put back at the next start, so what is held of it goes by the mode alone.
 */
int control_camera(struct camera &camera, const struct camera_controls &want)
{
	if (camera.slots.empty())
		return fail(EINVAL);
	ControlList list(*camera.controls);

	if (check_controls(camera, want))
		return -1;
	{
		std::lock_guard<std::mutex> guard(camera.lock);

		if (camera.gone)
			return fail(EIO);
	}
	add_manual_exposure(camera, list, want.exposure_ns, want.gain);
	add_lens(camera, list, want);
	add_white_balance(list, want);
	overwrite(camera.held, list);
	overwrite(camera.pending, list);
	/* Once, not at each start. */
	if (want.autofocus)
		camera.pending.set(controls::AfTrigger,
			static_cast<int32_t>(controls::AfTriggerStart));
	return 0;
}

/* ---- frames ---- */

uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/* The tightest of three readings is taken: another task may come between. */
uint64_t boottime_ahead_ns()
{
	uint64_t ahead = 0, tightest = UINT64_MAX;

	for (int n = 0; n < 3; n++) {
		const uint64_t before = now_ns(CLOCK_MONOTONIC);
		const uint64_t boot = now_ns(CLOCK_BOOTTIME);
		const uint64_t after = now_ns(CLOCK_MONOTONIC);

		if (after - before >= tightest)
			continue;
		tightest = after - before;
		ahead = boot - before - tightest / 2;
	}
	return ahead;
}

/*
 * libcamera documents CLOCK_BOOTTIME, its drivers stamp with CLOCK_MONOTONIC.
 * A time that lies ahead of CLOCK_MONOTONIC cannot be of that clock. Before
 * the first suspend both are the same.
 */
uint64_t to_monotonic(struct camera &camera, uint64_t time_ns)
{
	if (!camera.clock_known) {
		camera.clock_known = true;
		camera.clock_ahead_ns = time_ns > now_ns(CLOCK_MONOTONIC)
				      ? boottime_ahead_ns() : 0;
	}
	return time_ns - camera.clock_ahead_ns;
}

/* FrameStartup came with 0.5.2, and in the Raspberry Pi's 0.5.1 already. */
template <typename Metadata>
auto is_startup(const Metadata &metadata, int)
	-> decltype(Metadata::FrameStartup, bool())
{
	return metadata.status == Metadata::FrameStartup;
}

template <typename Metadata>
bool is_startup(const Metadata &, long)
{
	return false;
}

bool is_cancelled(const struct slot &slot)
{
	return slot.request->status() != Request::RequestComplete ||
	       slot.buffer->metadata().status ==
		       FrameMetadata::FrameCancelled;
}

/* The camera says so itself, or it wrote less than an image. */
bool is_bad(const struct slot &slot)
{
	const FrameMetadata &metadata = slot.buffer->metadata();
	unsigned int n = 0;

	if (metadata.status == FrameMetadata::FrameError)
		return true;
	for (const FrameMetadata::Plane &plane : metadata.planes()) {
		if (n == pixels_planes(slot.image.layout))
			break;
		if (plane.bytesused < pixels_plane_bytes(&slot.image, n))
			return true;
		n++;
	}
	return false;
}

uint32_t focus_of(int32_t af_state)
{
	switch (af_state) {
	case controls::AfStateScanning:
		return CAMERA_FOCUS_SCANNING;
	case controls::AfStateFocused:
		return CAMERA_FOCUS_FOUND;
	case controls::AfStateFailed:
		return CAMERA_FOCUS_FAILED;
	default:
		return CAMERA_FOCUS_UNKNOWN;
	}
}

void describe_controls(const ControlList &metadata, struct camera_frame *frame)
{
	const auto lens = metadata.get(controls::LensPosition);
	const auto gains = metadata.get(controls::ColourGains);

	frame->lens_dpt = lens ? *lens : NAN;
	frame->focus = focus_of(metadata.get(controls::AfState)
				.value_or(controls::AfStateIdle));
	if (gains) {
		frame->red_gain = (*gains)[0];
		frame->blue_gain = (*gains)[1];
	}
}

/* Told for samples of 16 bits, one of each colour; a file has one for all. */
uint32_t black_of(const ControlList &metadata, uint32_t bits)
{
	const auto levels = metadata.get(controls::SensorBlackLevels);
	int64_t sum = 0;

	if (!levels || levels->empty())
		return 0;
	for (const int32_t level : *levels)
		sum += std::clamp(level, 0, 0xffff);
	return sum / levels->size() >> (16 - bits);
}

void describe(struct camera &camera, const struct slot &slot,
	      struct camera_frame *frame)
{
	const FrameMetadata &buffer = slot.buffer->metadata();
	const ControlList &metadata = slot.request->metadata();
	const auto time = metadata.get(controls::SensorTimestamp);

	*frame = {};
	frame->data = slot.data;
	frame->size = static_cast<size_t>(camera.settings.width) *
		      camera.settings.height *
		      camera_bytes_per_pixel(camera.settings.format);
	frame->time_ns = to_monotonic(camera, time ? *time : buffer.timestamp);
	frame->sequence = buffer.sequence;
	frame->status = is_bad(slot) ? CAMERA_FRAME_BAD : CAMERA_FRAME_GOOD;
	frame->exposure_ns = 1000 *
		static_cast<uint64_t>(metadata.get(controls::ExposureTime)
				      .value_or(0));
	frame->gain = metadata.get(controls::AnalogueGain).value_or(0.0f);
	frame->frame_duration_ns = 1000 *
		static_cast<uint64_t>(metadata.get(controls::FrameDuration)
				      .value_or(0));
	describe_controls(metadata, frame);
	if (camera.settings.format == CAMERA_FORMAT_BAYER16)
		frame->bayer_black = black_of(metadata,
					      camera.capabilities.bayer_bits);
}

int queue_again(struct camera &camera, struct slot &slot)
{
	int ret;

	slot.request->reuse(Request::ReuseBuffers);
	slot.request->controls().merge(camera.pending);
	camera.pending.clear();
	ret = camera.device->queueRequest(slot.request.get());
	return ret < 0 ? fail(ret) : 0;
}

struct slot *wait_completed(struct camera &camera,
			    std::chrono::steady_clock::time_point deadline)
{
	std::unique_lock<std::mutex> guard(camera.lock);
	const bool ready = camera.wake.wait_until(guard, deadline, [&] {
		return camera.ring_count || camera.gone;
	});

	if (!ready || camera.gone) {
		errno = ready ? EIO : ETIMEDOUT;
		return nullptr;
	}
	const uint64_t number = camera.ring[camera.ring_head];
	camera.ring_head = (camera.ring_head + 1) % camera.ring.size();
	camera.ring_count--;
	return camera.slots[number].get();
}

/*
 * A single request that comes back cancelled is a lost frame; all of them in
 * a row are a device that has given up.
 */
int pass_cancelled(struct camera &camera, struct slot &slot)
{
	camera.cancelled++;
	if (++camera.cancelled_in_a_row >= camera.slots.size())
		return fail(EIO);
	return queue_again(camera, slot) ? fail(EIO) : 0;
}

int hand_out(struct camera &camera, struct slot &slot,
	     struct camera_frame *frame)
{
	camera.cancelled_in_a_row = 0;
	sync_planes(slot, DMA_BUF_SYNC_START);
	if (!slot.converted.empty() &&
	    pixels_convert(&slot.image, camera.settings.format,
			   slot.converted.data()))
		return -1;
	slot.held = true;
	describe(camera, slot, frame);
	return 0;
}

int next_frame(struct camera &camera, struct camera_frame *frame,
	       int timeout_ms)
{
	const auto deadline = std::chrono::steady_clock::now() +
			      std::chrono::milliseconds(timeout_ms);

	if (!camera.started)
		return fail(EIO);
	while (struct slot *slot = wait_completed(camera, deadline)) {
		if (is_cancelled(*slot)) {
			if (pass_cancelled(camera, *slot))
				return -1;
		} else if (is_startup(slot->buffer->metadata(), 0)) {
			if (queue_again(camera, *slot))
				return fail(EIO);
		} else {
			return hand_out(camera, *slot, frame);
		}
	}
	return -1;
}

/* ---- open, configure, start, stop ---- */

std::shared_ptr<Camera> find_camera(const CameraManager &manager,
				    const char *id)
{
	for (const std::shared_ptr<Camera> &device : manager.cameras()) {
		if (!id || !*id || device->id() == id)
			return device;
	}
	return nullptr;
}

/*
 * While another program streams, some handlers (vimc's) cannot even list the
 * camera. Closing the device would drop our own locks on it, so this is only
 * for a manager that nobody else has a camera of.
 */
bool is_hidden(const struct camera &camera)
{
	return camera.manager.use_count() == 1 && v4l2_media_is_locked();
}

int acquire_camera(struct camera &camera, const char *id)
{
	int ret;

	camera.manager = get_manager();
	if (!camera.manager)
		return fail(errno == ENOENT ? ENODEV : errno);
	camera.device = find_camera(*camera.manager, id);
	if (!camera.device)
		return fail(is_hidden(camera) ? EBUSY : ENODEV);
	camera.model = model_of(*camera.device);
	ret = camera.device->acquire();
	return ret < 0 ? fail(ret) : 0;
}

struct camera *open_camera(const char *id)
{
	auto camera = std::make_unique<struct camera>();

	if (acquire_camera(*camera, id)) {
		const int error = errno;

		camera.reset();
		errno = error;
		return nullptr;
	}
	camera->device->requestCompleted.connect(camera.get(),
						 &camera::completed);
	camera->device->disconnected.connect(camera.get(),
					     &camera::disconnected);
	return camera.release();
}

void forget_requests(struct camera &camera)
{
	std::lock_guard<std::mutex> guard(camera.lock);

	camera.ring_head = 0;
	camera.ring_count = 0;
	for (const std::unique_ptr<struct slot> &slot : camera.slots)
		slot->held = false;
}

void stop_camera(struct camera &camera)
{
	if (!camera.started)
		return;
	camera.started = false;
	camera.device->stop();
	forget_requests(camera);
}

void close_camera(struct camera *camera)
{
	stop_camera(*camera);
	drop_buffers(*camera);
	camera->device->requestCompleted.disconnect(camera);
	camera->device->disconnected.disconnect(camera);
	camera->device->release();
	delete camera;
}

/* Sets the format that is wanted; false: the camera has no such stream. */
bool ask_for_stream(struct camera &camera, const struct camera_settings &want)
{
	const bool raw = want.format == CAMERA_FORMAT_BAYER16;

	camera.config = camera.device->generateConfiguration(
		{ raw ? StreamRole::Raw : StreamRole::VideoRecording });
	if (!camera.config || camera.config->empty())
		return false;
	StreamConfiguration &stream = camera.config->at(0);
	const struct raw *found = choose_raw(stream);

	if (raw && !found)
		return false;
	stream.pixelFormat = raw ? found->format
				 : choose_format(stream, want.format);
	if (want.width)
		stream.size.width = want.width;
	if (want.height)
		stream.size.height = want.height;
	stream.bufferCount = std::max(stream.bufferCount, 4u);
	return true;
}

/* libcamera is asked first and then believed: validate() adjusts. */
int choose_stream(struct camera &camera, const struct camera_settings &want)
{
	const bool raw = want.format == CAMERA_FORMAT_BAYER16;

	if (!ask_for_stream(camera, want) ||
	    camera.config->validate() == CameraConfiguration::Invalid)
		return fail(EINVAL);
	StreamConfiguration &stream = camera.config->at(0);

	/* A Pi has too little memory for four frames of its largest camera. */
	if (stream.frameSize > LARGE_FRAME && stream.bufferCount > 2) {
		stream.bufferCount = 2;
		if (camera.config->validate() == CameraConfiguration::Invalid)
			return fail(EINVAL);
	}
	if (!layout_of(stream.pixelFormat) ||
	    raw != (raw_of(stream.pixelFormat) != nullptr))
		return fail(EINVAL);
	return 0;
}

/* Of the stream, else of the one that a raw stream would be. */
void tell_raw(struct camera &camera)
{
	const struct raw *raw = raw_of(camera.config->at(0).pixelFormat);

	if (!raw) {
		const auto config = camera.device->generateConfiguration(
			{ StreamRole::Raw });

		if (config && !config->empty())
			raw = choose_raw(config->at(0));
	}
	if (!raw)
		return;
	camera.capabilities.bayer = raw->bayer;
	camera.capabilities.bayer_bits = raw->bits;
}

/* The image is all of the sensor's crop but for what its shape cuts off. */
void tell_pixel(struct camera &camera)
{
	const ControlList &about = camera.device->properties();
	const auto cell = about.get(properties::UnitCellSize);
	const auto crop = about.get(properties::ScalerCropMaximum);
	const Size &size = camera.config->at(0).size;

	if (!cell || !crop || crop->isNull())
		return;
	camera.capabilities.pixel_um = cell->width / 1e3 *
		std::min(static_cast<double>(crop->width) / size.width,
			 static_cast<double>(crop->height) / size.height);
}

uint32_t settle_format(const StreamConfiguration &stream, uint32_t want)
{
	if (want)
		return want;
	return stream.pixelFormat == formats::R8 ? CAMERA_FORMAT_GREY8
						 : CAMERA_FORMAT_RGB8;
}

int configure_camera(struct camera &camera, const struct camera_settings &want)
{
	int ret;

	if (camera.started)
		return fail(EBUSY);
	if (want.format && !camera_bytes_per_pixel(want.format))
		return fail(EINVAL);
	drop_buffers(camera);
	if (choose_stream(camera, want))
		return -1;
	ret = camera.device->configure(camera.config.get());
	if (ret < 0)
		return fail(ret);
	const StreamConfiguration &stream = camera.config->at(0);
	const std::vector<dev_t> devices = devices_of(camera);
	const struct v4l2_driver *driver =
		v4l2_driver_of(devices.data(), devices.size());

	camera.settings = want;
	camera.settings.width = stream.size.width;
	camera.settings.height = stream.size.height;
	camera.settings.format = settle_format(stream, want.format);
	camera.capabilities = {};
	camera.capabilities.mark = driver->mark;
	camera.capabilities.counts_gaps = driver->counts_gaps;
	camera.capabilities.readout_ns =
		readout_of_camera("/sys", camera.device->id().c_str());
	tell_raw(camera);
	tell_pixel(camera);
	camera.controls = &camera.device->controls();
	settle_controls(camera);
	forget_controls(camera);
	if (make_buffers(camera)) {
		const int error = errno;

		drop_buffers(camera);
		return fail(error);
	}
	return 0;
}

/* Some handlers take controls at start, some only with a request. */
int queue_all(struct camera &camera, const ControlList &list)
{
	bool first = true;

	for (const std::unique_ptr<struct slot> &slot : camera.slots) {
		int ret;

		slot->request->reuse(Request::ReuseBuffers);
		if (first)
			slot->request->controls().merge(list);
		first = false;
		ret = camera.device->queueRequest(slot->request.get());
		if (ret < 0)
			return fail(ret);
	}
	return 0;
}

int start_camera(struct camera &camera)
{
	int ret;

	if (camera.started)
		return fail(EBUSY);
	if (camera.slots.empty())
		return fail(EINVAL);
	forget_requests(camera);
	camera.clock_known = false;
	camera.cancelled = 0;
	camera.cancelled_in_a_row = 0;
	const ControlList list = controls_at_start(camera);

	ret = camera.device->start(&list);
	if (ret < 0)
		return fail(ret);
	camera.started = true;
	if (queue_all(camera, list)) {
		const int error = errno;

		stop_camera(camera);
		return fail(error);
	}
	return 0;
}

void release_frame(struct camera &camera, const struct camera_frame &frame)
{
	for (const std::unique_ptr<struct slot> &slot : camera.slots) {
		if (slot->data != frame.data || !slot->held)
			continue;
		slot->held = false;
		sync_planes(*slot, DMA_BUF_SYNC_END);
		queue_again(camera, *slot);
		return;
	}
}

/* ---- camera_ops ---- */

int op_list(void (*each)(const char *id, const char *model, void *data),
	    void *data)
{
	return guarded(-1, [&] { return list_cameras(each, data); });
}

struct camera *op_open(const char *id)
{
	return guarded<struct camera *>(nullptr,
					[&] { return open_camera(id); });
}

void op_close(struct camera *camera)
{
	if (!camera)
		return;
	guarded(-1, [&] { close_camera(camera); return 0; });
}

const char *op_id(const struct camera *camera)
{
	return camera->device->id().c_str();
}

const char *op_model(const struct camera *camera)
{
	return camera->model.c_str();
}

void op_capabilities(const struct camera *camera,
		     struct camera_capabilities *capabilities)
{
	*capabilities = camera->capabilities;
}

int op_configure(struct camera *camera, struct camera_settings *settings)
{
	const int ret = guarded(-1, [&] {
		return configure_camera(*camera, *settings);
	});

	if (!ret)
		*settings = camera->settings;
	return ret;
}

int op_start(struct camera *camera)
{
	return guarded(-1, [&] { return start_camera(*camera); });
}

int op_next(struct camera *camera, struct camera_frame *frame, int timeout_ms)
{
	return guarded(-1, [&] {
		return next_frame(*camera, frame, timeout_ms);
	});
}

void op_release(struct camera *camera, struct camera_frame *frame)
{
	guarded(-1, [&] { release_frame(*camera, *frame); return 0; });
	frame->data = nullptr;
}

uint64_t op_dropped(const struct camera *camera)
{
	return camera->cancelled;
}

int op_control(struct camera *camera, const struct camera_controls *controls)
{
	return guarded(-1, [&] { return control_camera(*camera, *controls); });
}

void op_stop(struct camera *camera)
{
	guarded(-1, [&] { stop_camera(*camera); return 0; });
}

} /* namespace */

extern "C" const struct camera_ops camera_libcamera = {
	.name = "libcamera",
	.list = op_list,
	.open = op_open,
	.close = op_close,
	.id = op_id,
	.model = op_model,
	.capabilities = op_capabilities,
	.configure = op_configure,
	.start = op_start,
	.next = op_next,
	.release = op_release,
	.dropped = op_dropped,
	.control = op_control,
	.shoot = nullptr,
	.stop = op_stop,
};
