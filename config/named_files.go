package config

import (
	"hash/maphash"
	"io"
	"reflect"
	"slices"

	"readback/internal/setting"
)

// fileSeed makes hashes of files useless outside this process: nobody can guess a password by them.
var fileSeed = maphash.MakeSeed()

// File is a file that a setting names, such as a certificate or a key.
type File struct {
	Key, Path string
	Live      bool // another content holds without a restart; existing connections stay as they are
}

// noteFiles keeps what the files that are named have in them, for ChangedFiles.
func noteFiles(l *loader) {
	all := make(map[string]uint64)
	for _, f := range namedFiles(l.cfg) {
		if sum, ok := hashFile(f.Path); ok {
			all[f.Path] = sum
		}
	}
	if len(all) > 0 {
		l.cfg.files = all
	}
}

// ChangedFiles lists the files that both configurations name and whose content changed in between.
func ChangedFiles(before, after Config) []File {
	return slices.DeleteFunc(namedFiles(after), func(f File) bool {
		was, known := before.files[f.Path]
		now, readable := after.files[f.Path]
		return !known || !readable || was == now
	})
}

// namedFiles lists the files that the settings name, in the order of Values, each once.
func namedFiles(c Config) []File {
	var all []File
	seen := make(map[string]bool)
	add := func(f setting.Field, key string, in reflect.Value) {
		if !namesFiles(f) {
			return
		}
		v := in.FieldByIndex(f.Index).Interface()
		paths, isList := v.([]string)
		if !isList {
			paths = []string{reflect.ValueOf(v).String()}
		}
		for _, p := range paths {
			if p != "" && !seen[p] {
				all = append(all, File{key, p, f.Tag.Get("content") != "restart"})
			}
			seen[p] = true
		}
	}
	for _, f := range fields {
		add(f, f.Key, reflect.ValueOf(c))
	}
	for _, id := range systemIDs(c) {
		for _, f := range accountFields {
			add(f, accountKey(id)+"."+f.Key, reflect.ValueOf(c.Accounts[id]))
		}
	}
	return all
}

func namesFiles(f setting.Field) bool {
	kind := f.Tag.Get("secret")
	return f.Tag.Get("form") == "file" || kind == "file" || kind == "keys"
}

func hashFile(path string) (sum uint64, ok bool) {
	f, p := setting.OpenFile(path)
	if p != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }()
	var h maphash.Hash
	h.SetSeed(fileSeed)
	if _, err := io.Copy(&h, f); err != nil {
		return 0, false
	}
	return h.Sum64(), true
}
