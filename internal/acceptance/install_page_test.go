//go:build e2e

package acceptance

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"readback/internal/docpage"
)

// TestInstallPage types what "Try it on one machine" in docs/install.md says, with other ports: the configuration,
// the SMSC, the gateway, the ESME, and what an operator asks. In the end the ESME is told that its message was read.
func TestInstallPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## Try it on one machine\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := docpage.New("install.md", section).Blocks()
	if !found || len(blocks) < 5 {
		t.Fatalf("%d blocks in the section, want 5", len(blocks))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := newShell(t)
	s.run(ctx, blocks[0], `configuration is right`)
	s.start(ctx, blocks[1], `control listens on`)
	s.start(ctx, blocks[2], `"msg":"ledger is up"`)
	esme := s.start(ctx, blocks[3], `accepted as`)
	s.run(ctx, blocks[4], "relay     ready", " bank ", "opened message 1", "shown: ")
	if _, ok := esme.wait(ctx, "deliver_sm esm_class 08", "status:1"); !ok {
		t.Errorf("the ESME is not told:\n%s", esme.tail())
	}
}

// shell runs blocks of a page as somebody types them, in a directory of its own.
type shell struct {
	*testing.T
	dir   string
	ports *strings.Replacer // the page's ports, and free ones
}

func newShell(t *testing.T) *shell {
	var ports []string
	for _, addr := range []string{"127.0.0.1:2775", "127.0.0.1:2776", "127.0.0.1:8080", "127.0.0.1:9090", "127.0.0.1:9092"} {
		ports = append(ports, addr, freeAddr(t))
	}
	return &shell{t, t.TempDir(), strings.NewReplacer(ports...)}
}

func (s *shell) command(ctx context.Context, b docpage.Block) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-e", "-c", s.ports.Replace(strings.Join(b.Lines, "\n")))
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"), "READBACK_OPS_ADDR="+s.ports.Replace("127.0.0.1:9090"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what bash starts ends with it
	return cmd
}

// run runs a block to its end, and looks for texts in what it prints.
func (s *shell) run(ctx context.Context, b docpage.Block, want ...string) {
	s.Helper()
	out, err := s.command(ctx, b).CombinedOutput()
	if err != nil {
		s.Fatalf("line %d of the section: %v\n%s", b.Line, err, out)
	}
	for _, w := range want {
		if !strings.Contains(string(out), w) {
			s.Errorf("line %d of the section: no %q in\n%s", b.Line, w, out)
		}
	}
}

// start starts a block that goes on, and waits until it prints a text.
func (s *shell) start(ctx context.Context, b docpage.Block, text string) *logbook {
	s.Helper()
	cmd := s.command(ctx, b)
	printed := newLogbook()
	out, err := cmd.StdoutPipe()
	if err == nil {
		cmd.Stderr = cmd.Stdout
		err = cmd.Start()
	}
	if err != nil {
		s.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		printed.read(out)
		_ = cmd.Wait() // it is ended by the test
		close(done)
	}()
	s.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
		<-done
	})
	if _, ok := printed.wait(ctx, text); !ok {
		s.Fatalf("line %d of the section: no %q in\n%s", b.Line, text, printed.tail())
	}
	return printed
}
