/* pending.c: handlers that are not written yet. */
#include "aten.h"

void handle_if(AtenCtx *c) { aten_fail(c, "pending: if"); }
void handle_loop(AtenCtx *c) { aten_fail(c, "pending: loop"); }
void handle_torchvision_deform_conv2d(AtenCtx *c) { aten_fail(c, "pending: torchvision_deform_conv2d"); }
void handle_torchvision_nms(AtenCtx *c) { aten_fail(c, "pending: torchvision_nms"); }
void handle_torchvision_roi_align(AtenCtx *c) { aten_fail(c, "pending: torchvision_roi_align"); }
