import errno
import os
import stat
import tempfile
import time
import unittest
from unittest import mock

from redis_clone.persistence import safe_file
from redis_clone.persistence.safe_file import NewFile, move_into_place, remove_leftovers, sync_directory


class SafeFileTestCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.path = os.path.join(self.directory, "file")
        self.temporary = os.path.join(self.directory, "temp")

    def new_file(self, **options):
        return NewFile(self.path, self.temporary, **options)

    def put(self, path, data):
        with open(path, "wb") as file:
            file.write(data)

    def assert_holds(self, data):
        with open(self.path, "rb") as file:
            self.assertEqual(file.read(), data)

    def assert_files(self, *names):
        self.assertEqual(sorted(os.listdir(self.directory)), sorted(names))


class NewFileTest(SafeFileTestCase):
    def test_takes_its_place_when_it_is_committed(self):
        self.put(self.path, b"old")
        with self.new_file() as file:
            file.write(b"new ")
            file.write(memoryview(b"contents"))
            self.assert_holds(b"old")
            self.assertEqual(file.size, 12)
            file.commit()
        self.assert_holds(b"new contents")
        self.assert_files("file")

    def test_without_a_commit_nothing_is_left_of_it(self):
        self.put(self.path, b"old")
        with self.new_file() as file:
            file.write(b"new")
        self.assert_holds(b"old")
        self.assert_files("file")

    def test_an_exception_leaves_nothing_of_it(self):
        self.put(self.path, b"old")
        with self.assertRaises(KeyError), self.new_file() as file:
            file.write(b"new")
            raise KeyError
        self.assert_holds(b"old")
        self.assert_files("file")

    def test_when_finished_it_waits_to_be_moved(self):
        with self.new_file() as file:
            file.write(b"new")
            file.finish()
        self.assert_files("temp")
        move_into_place(self.temporary, self.path)
        self.assert_holds(b"new")
        self.assert_files("file")

    def test_overwrites_what_a_killed_process_left_under_the_temporary_name(self):
        self.put(self.temporary, b"much longer than the new contents")
        with self.new_file() as file:
            file.write(b"new")
            file.commit()
        self.assert_holds(b"new")

    def test_can_be_empty(self):
        with self.new_file() as file:
            file.commit()
        self.assert_holds(b"")

    def test_replaces_a_file_that_cannot_be_written_to(self):
        self.put(self.path, b"old")
        os.chmod(self.path, stat.S_IRUSR)
        with self.new_file() as file:
            file.write(b"new")
            file.commit()
        self.assert_holds(b"new")

    def test_a_missing_directory_is_an_error_at_once(self):
        with self.assertRaises(FileNotFoundError):
            NewFile(os.path.join(self.directory, "no", "file"), os.path.join(self.directory, "no", "temp"))

    @unittest.skipUnless(hasattr(os, "O_NOFOLLOW"), "the system follows symbolic links")
    def test_does_not_write_through_a_symbolic_link(self):
        self.put(self.path, b"old")
        os.symlink(self.path, self.temporary)
        with self.assertRaises(OSError):
            self.new_file()
        self.assert_holds(b"old")


class WriteTest(SafeFileTestCase):
    def test_what_a_write_leaves_over_is_written_by_the_next(self):
        write = os.write
        with mock.patch("os.write", lambda descriptor, data: write(descriptor, data[:3])):
            with self.new_file() as file:
                file.write(b"0123456789")
                file.commit()
        self.assert_holds(b"0123456789")

    def test_a_full_disk_leaves_the_old_file_and_no_other(self):
        self.put(self.path, b"old")
        full = OSError(errno.ENOSPC, "No space left on device")
        with self.assertRaises(OSError) as caught, self.new_file() as file:
            file.write(b"new")
            with mock.patch("os.write", side_effect=full):
                file.write(b"contents")
        self.assertIs(caught.exception, full)
        self.assert_holds(b"old")
        self.assert_files("file")

    def test_a_disk_that_fails_at_the_last_moment_leaves_the_old_file_and_no_other(self):
        self.put(self.path, b"old")
        with self.assertRaises(OSError), self.new_file() as file:
            file.write(b"new")
            with mock.patch("os.fsync", side_effect=OSError(errno.EIO, "Input/output error")):
                file.commit()
        self.assert_holds(b"old")
        self.assert_files("file")


class SyncTest(SafeFileTestCase):
    def setUp(self):
        super().setUp()
        self.done = []
        for module, name in ((safe_file, "sync_data"), (safe_file, "sync_file"), (safe_file, "sync_directory"),
                             (os, "replace")):
            self.watch(module, name)

    def watch(self, module, name):
        function = getattr(module, name)

        def note(*args):
            self.done.append(name)
            return function(*args)

        patch = mock.patch.object(module, name, note)
        patch.start()
        self.addCleanup(patch.stop)

    def write(self, **options):
        with self.new_file(**options) as file:
            for _ in range(10):
                file.write(bytes(1 << 20))
            file.commit()

    def test_the_file_is_synced_before_it_moves_and_the_directory_afterwards(self):
        self.write(incremental=False)
        self.assertEqual(self.done, ["sync_file", "replace", "sync_directory"])

    def test_a_growing_file_is_synced_each_four_megabytes(self):
        self.write()
        self.assertEqual(self.done, ["sync_data"] * 2 + ["sync_file", "replace", "sync_directory"])


class MoveIntoPlaceTest(SafeFileTestCase):
    def test_a_file_that_cannot_have_its_name_is_removed(self):
        os.mkdir(self.path)
        self.put(self.temporary, b"new")
        with self.assertRaises(OSError):
            move_into_place(self.temporary, self.path)
        self.assert_files("file")


@unittest.skipIf(os.name == "nt", "directories cannot be synced")
class SyncDirectoryTest(SafeFileTestCase):
    def test_a_file_system_that_cannot_do_it_is_no_error(self):
        with mock.patch("os.fsync", side_effect=OSError(errno.EINVAL, "Invalid argument")):
            sync_directory(self.directory)

    def test_a_disk_that_fails_is_one(self):
        with mock.patch("os.fsync", side_effect=OSError(errno.EIO, "Input/output error")):
            with self.assertRaises(OSError):
                sync_directory(self.directory)
