package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// others are the permissions of all users but the owner.
const others fs.FileMode = 0o077

// Protect takes the files of a store away from all users but their owner: they name subscribers. It returns how
// many files and directories others could use. It leaves symbolic links alone. What cannot be corrected is
// skipped, and the error names it.
func Protect(store string) (corrected int, err error) {
	root, err := filepath.EvalSymlinks(store)
	if err != nil {
		return 0, err
	}
	var failed []error
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && (d.IsDir() || d.Type().IsRegular()) {
			var done bool
			if done, err = takeFromOthers(path, d); done {
				corrected++
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
		return nil
	})
	return corrected, errors.Join(append(failed, err)...)
}

func takeFromOthers(path string, d fs.DirEntry) (done bool, err error) {
	info, err := d.Info()
	if err != nil || info.Mode()&others == 0 {
		return false, err
	}
	err = os.Chmod(path, info.Mode().Perm()&^others)
	return err == nil, err
}
