package operator

import (
	"fmt"
	"net/http"
	"path/filepath"
)

// BackupPage returns the page POST /v1/store/backup. It refuses a request that names no directory for the backup;
// backUp answers the others.
func BackupPage(backUp func(w http.ResponseWriter, req *http.Request, dir string)) http.Handler {
	const hint = "?dir=/var/backups/readback/monday: a directory on the gateway's machine that is empty or does not exist"
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch dir := req.URL.Query().Get("dir"); {
		case dir == "":
			refuse(w, http.StatusBadRequest, problem{Field: "dir", Detail: "dir is missing: where does the backup go?", Hint: hint})
		case !filepath.IsAbs(dir):
			refuse(w, http.StatusBadRequest, problem{Field: "dir", Detail: fmt.Sprintf("dir %q is not an absolute path", dir), Hint: hint})
		default:
			backUp(w, req, dir)
		}
	})
}
