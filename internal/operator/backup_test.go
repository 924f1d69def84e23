package operator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestBackupPage(t *testing.T) {
	page := BackupPage(func(w http.ResponseWriter, _ *http.Request, dir string) { _, _ = w.Write([]byte("into " + dir)) })
	for _, tt := range []struct {
		query string
		code  int
		want  string
	}{
		{"", 400, `"detail":"dir is missing: where does the backup go?","hint":"?dir=/var/`},
		{"?dir=", 400, `"field":"dir"`},
		{"?dir=backup/monday", 400, `"detail":"dir \"backup/monday\" is not an absolute path"`},
		{"?dir=/backup/monday", 200, "into /backup/monday"},
	} {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest("POST", "/v1/store/backup"+tt.query, nil))
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: got %d %s, want %d with %s", tt.query, w.Code, w.Body, tt.code, tt.want)
		}
	}
}
