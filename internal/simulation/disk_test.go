package simulation

import (
	"io"
	"maps"
	"path"
	"slices"

	"github.com/cockroachdb/pebble/vfs"
	"github.com/cockroachdb/pebble/vfs/errorfs"
)

// image is what the files of a store hold, by their path: those of the index, and of a damaged one that
// was set aside.
type image map[string][]byte

const indexDir = "/index"

// disk is a file system in memory. Each of its operations may be the last of the process.
type disk struct {
	*vfs.MemFS
	fs vfs.FS // for the process
}

// newDisk returns a disk with the files of an image, all of them synced.
func newDisk(files image, reach func()) *disk {
	mem := vfs.NewStrictMem()
	dirs := map[string]bool{"/": true, indexDir: true}
	must(mem.MkdirAll(indexDir, 0o755))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		dirs[path.Dir(name)] = true
		must(mem.MkdirAll(path.Dir(name), 0o755))
		f, err := mem.Create(name)
		must(err)
		_, err = f.Write(files[name])
		must(err)
		must(f.Sync())
		must(f.Close())
	}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		d, err := mem.OpenDir(dir)
		must(err)
		must(d.Sync())
		must(d.Close())
	}
	return &disk{MemFS: mem, fs: errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op, _ string) error {
		if op.OpKind() == errorfs.OpKindWrite {
			reach()
		}
		return nil
	}))}
}

// files copies what the files hold now.
func (d *disk) files() image {
	files := make(image)
	must(d.walk("/", files))
	return files
}

func (d *disk) walk(dir string, files image) error {
	names, err := d.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		name = path.Join(dir, name)
		info, err := d.Stat(name)
		if err != nil {
			return err
		}
		if info.IsDir() {
			if err := d.walk(name, files); err != nil {
				return err
			}
			continue
		}
		f, err := d.Open(name)
		if err != nil {
			return err
		}
		if files[name], err = io.ReadAll(f); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (i image) clone() image {
	all := make(image, len(i))
	for name, data := range i {
		all[name] = slices.Clone(data)
	}
	return all
}

// must panics on an error of a disk in memory, which has none.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
