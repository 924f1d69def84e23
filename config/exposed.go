package config

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"reflect"

	"readback/internal/setting"
)

// forOthers is the permission of all users to read a file. A group may be there to read it.
const forOthers fs.FileMode = 0o004

// findExposed notes the files with secrets that all users of the machine can read. Warnings do not have them:
// they depend on more than the configuration.
func findExposed(l *loader) {
	general := reflect.ValueOf(l.cfg)
	for _, f := range fields {
		l.findExposedIn(f, f.Key, general)
	}
	for _, id := range l.systemIDs() {
		of := reflect.ValueOf(l.cfg.Accounts[id])
		for _, f := range accountFields {
			l.findExposedIn(f, accountKey(id)+"."+f.Key, of)
		}
	}
}

// findExposedIn notes the files of one setting, if it names files with secrets and was given.
func (l *loader) findExposedIn(f setting.Field, key string, in reflect.Value) {
	kind := f.Tag.Get("secret")
	g, isGiven := l.origin(key)
	if kind != "file" && kind != "keys" || !isGiven || l.failed[key] {
		return
	}
	value := in.FieldByIndex(f.Index)
	files, isList := value.Interface().([]string)
	if !isList {
		files = []string{value.String()}
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if file != "" && err == nil && info.Mode()&forOthers != 0 && !(kind == "keys" && arePublic(file)) {
			l.cfg.Exposed = append(l.cfg.Exposed, g.at.String()+key+": every user of this machine can read "+file+": chmod o= "+file)
		}
	}
}

// arePublic reports whether a file has public keys, in PEM or as a JWK set (RFC 7517), and no secret.
func arePublic(file string) bool {
	f, p := setting.OpenFile(file)
	if p != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	const most = 256 << 10
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil || bytes.Contains(text, []byte("PRIVATE KEY")) || bytes.Contains(text, []byte(`"k"`)) {
		return false
	}
	text = bytes.TrimSpace(text)
	return bytes.HasPrefix(text, []byte("-----BEGIN ")) || bytes.HasPrefix(text, []byte("{"))
}
