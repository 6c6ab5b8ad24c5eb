// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcamera.cpp with a camera that has controls and no device. The lists and
 * what is in them are libcamera's own.
 */
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#include "../../userspace/camera/libcamera.cpp"
#include "libcamera-played.h"

#include <map>

namespace {

const ControlInfoMap *played_infos(bool any)
{
	static const ControlInfoMap none({}, controls::controls);
	static const ControlInfoMap infos({
		{ &controls::AeEnable, ControlInfo(false, true) },
		{ &controls::ExposureTime, ControlInfo(100, 1000000) },
		{ &controls::AnalogueGain, ControlInfo(1.0f, 16.0f) },
		{ &controls::FrameDurationLimits,
		  ControlInfo(INT64_C(10000), INT64_C(2000000)) },
		{ &controls::AwbEnable, ControlInfo(false, true) },
		{ &controls::ColourGains, ControlInfo(0.0f, 32.0f) },
		{ &controls::AfMode, ControlInfo(controls::AfModeValues) },
		{ &controls::AfTrigger,
		  ControlInfo(controls::AfTriggerValues) },
		{ &controls::LensPosition, ControlInfo(0.5f, 15.0f, 1.0f) },
	}, controls::controls);

	return any ? &infos : &none;
}

const char *text_of(const ControlList &list)
{
	static std::string text;
	std::map<std::string, std::string> sorted;

	for (const auto &control : list)
		sorted[controls::controls.at(control.first)->name()] =
			control.second.toString();
	text.clear();
	for (const auto &control : sorted)
		text += control.first + "=" + control.second + " ";
	return text.c_str();
}

} /* namespace */

struct camera *played_new(bool controls, const struct camera_settings *settings)
{
	auto camera = std::make_unique<struct camera>();

	camera->controls = played_infos(controls);
	camera->settings = *settings;
	settle_controls(*camera);
	forget_controls(*camera);
	camera->slots.push_back(std::make_unique<struct slot>());
	return camera.release();
}

void played_free(struct camera *camera)
{
	delete camera;
}

void played_unplug(struct camera *camera)
{
	camera->disconnected();
}

const char *played_pending(const struct camera *camera)
{
	return text_of(camera->pending);
}

const char *played_start(struct camera *camera)
{
	return text_of(controls_at_start(*camera));
}

void played_describe(float lens_dpt, int32_t af_state, float red, float blue,
		     struct camera_frame *frame)
{
	const float gains[2] = { red, blue };
	ControlList metadata(controls::controls);

	metadata.set(controls::LensPosition, lens_dpt);
	metadata.set(controls::AfState, af_state);
	metadata.set(controls::ColourGains, Span<const float, 2>(gains));
	*frame = {};
	describe_controls(metadata, frame);
}

void played_describe_nothing(struct camera_frame *frame)
{
	*frame = {};
	describe_controls(ControlList(controls::controls), frame);
}

uint32_t played_black(const int32_t levels[4], uint32_t bits)
{
	ControlList metadata(controls::controls);

	if (levels)
		metadata.set(controls::SensorBlackLevels,
			     Span<const int32_t, 4>(levels, 4));
	return black_of(metadata, bits);
}

bool played_raw(const char *format, uint32_t *layout, uint32_t *bayer,
		uint32_t *bits)
{
	const struct raw *raw = raw_of(PixelFormat::fromString(format));

	if (!raw)
		return false;
	*layout = raw->layout;
	*bayer = raw->bayer;
	*bits = raw->bits;
	return true;
}
