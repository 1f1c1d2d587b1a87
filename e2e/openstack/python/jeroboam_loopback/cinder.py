"""Volumes without storage, also those made from an image (Cinder's own fake would look for a device to copy to)."""
from cinder.tests import fake_driver


class LoopbackVolumes(fake_driver.FakeLoggingVolumeDriver):
    def clone_image(self, context, volume, image_location, image_meta, image_service):
        return {}, True
