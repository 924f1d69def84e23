package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/ops"
	"readback/relay/archive"
)

// backupPath is where the operator asks a running gateway for a backup.
const backupPath = "/v1/store/backup"

func storeBackupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup --config FILE DIR",
		Short: "Copy the store into a directory, while the gateway runs or not",
		Long: `Writes a consistent copy of the store into DIR, which must be empty or not exist. If a
gateway runs, it writes the copy itself, at --ops or the ops.addr of the configuration:
DIR is then a directory that it may write to, on its machine. Otherwise the command
reads the store. backup.json in DIR says what the copy is; without it, it is not
complete.

  readback store backup --config /etc/readback/readback.yaml /var/backups/readback/monday`,
		Args: cobra.ExactArgs(1),
	}
	askFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dir, err := filepath.Abs(args[0])
		if err != nil {
			return err
		}
		opt, cfg, err := storeOptions(cmd)
		if err != nil {
			return err
		}
		m, err := archive.Backup(cmd.Context(), &opt, dir)
		if locked := (*archive.LockedError)(nil); errors.As(err, &locked) {
			m, err = askBackup(cmd, cfg, dir, opt.Progress)
		}
		if err != nil {
			return err
		}
		say(cmd.OutOrStdout(), "backup of %s in %s is complete: %s\nnumbers: %s\n", m.Made.Format(time.RFC3339), dir, contents(m), m.Skip)
		if n := m.Missing(); n > 0 {
			return fmt.Errorf("%d messages of the store could not be read and are not in the backup: readback store check says more", n)
		}
		return nil
	}
	return cmd
}

// contents says what is in a backup.
func contents(m *archive.Manifest) string {
	text := fmt.Sprintf("index of epoch %d with %d numbered messages", m.Epoch, m.Messages)
	for _, s := range m.Streams {
		if s.Messages > 0 {
			text += fmt.Sprintf(", %d messages of %s", s.Messages, s.Stream)
		}
	}
	return text
}

// backupStep is a line of the answer to a request for a backup.
type backupStep struct {
	Done   string            `json:"done,omitempty"`
	Error  string            `json:"error,omitempty"`
	Backup *archive.Manifest `json:"backup,omitempty"` // the last line
}

// maxReason is more than the gateway says when it refuses a backup, in octets.
const maxReason = 1 << 10

// askBackup has a running gateway make a backup.
func askBackup(cmd *cobra.Command, cfg config.Config, dir string, progress func(string)) (*archive.Manifest, error) {
	gateway, err := openOps(cmd)
	if err != nil {
		return nil, fmt.Errorf("store %s is in use, and its gateway cannot be asked: %w", cfg.Relay.Store, err)
	}
	resp, err := gateway.Do(cmd.Context(), http.MethodPost, backupPath+"?"+url.Values{"dir": {dir}}.Encode())
	if err != nil {
		return nil, fmt.Errorf("store %s is in use, and its gateway does not answer at ops.addr: %w", cfg.Relay.Store, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxReason)) // what is cut off says no more
		return nil, fmt.Errorf("gateway says %s: %s", resp.Status, ops.Reason(resp, text))
	}
	for d := json.NewDecoder(resp.Body); ; {
		var step backupStep
		switch err := d.Decode(&step); {
		case err != nil:
			return nil, fmt.Errorf("gateway says %s, and stopped before the backup was complete: %w", resp.Status, err)
		case step.Error != "":
			return nil, fmt.Errorf("gateway says: %s", step.Error)
		case step.Backup != nil:
			return step.Backup, nil
		}
		progress(step.Done)
	}
}

// stepTime is how long whoever asked for a backup may take to read a line.
const stepTime = 30 * time.Second

// postBackup makes a backup in a directory. The answer has a line of JSON for each step.
func (s *service) postBackup(w http.ResponseWriter, req *http.Request, dir string) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	answer, control := json.NewEncoder(w), http.NewResponseController(w)
	say := func(step backupStep) {
		_ = control.SetWriteDeadline(time.Now().Add(stepTime))
		_ = answer.Encode(step) // whoever asked has gone
		_ = control.Flush()
	}
	m, err := s.relay.Backup(req.Context(), dir, version(), func(done string) { say(backupStep{Done: done}) })
	if err != nil {
		err = cmp.Or(ops.Withdrawn(req), err)
		s.log.Warn("no backup was made", "error", err)
		say(backupStep{Error: err.Error()})
		return
	}
	s.log.Info("backup is complete", "dir", dir, "epoch", m.Epoch, "serial", m.Serial)
	say(backupStep{Backup: m})
}
