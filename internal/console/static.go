package console

import (
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
)

// static answers with a style sheet, script or picture. The browser asks each time whether it has changed.
func static(w http.ResponseWriter, r *http.Request) {
	content, err := files.ReadFile("static/" + r.PathValue("file"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(r.PathValue("file"))))
	_, _ = w.Write(content) // a browser that has gone needs none
}
