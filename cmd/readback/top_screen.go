package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"readback/internal/top"
)

// What a terminal does with these is in ECMA-48, except for the other screen, which is xterm's.
const (
	otherScreen = "\x1b[?1049h\x1b[?25l" // and no cursor
	ownScreen   = "\x1b[?25h\x1b[?1049l"
	topLeft     = "\x1b[H"
	endOfLine   = "\x1b[K\r\n" // erases the rest
	endOfScreen = "\x1b[J"
)

// runScreen shows on a terminal what look returns, each interval, until q or ctrl-C is typed or ctx ends.
func runScreen(ctx context.Context, out *os.File, every time.Duration, look func(context.Context) (*top.View, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := int(os.Stdin.Fd())
	if term.IsTerminal(in) {
		before, err := term.MakeRaw(in)
		if err != nil {
			return fmt.Errorf("terminal: %w", err)
		}
		defer func() { _ = term.Restore(in, before) }()
		go endAtKey(os.Stdin, cancel) // it ends with the process: a read of a terminal cannot be ended
	}
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	defer signal.Stop(resized)
	_, _ = io.WriteString(out, otherScreen)
	defer func() { _, _ = io.WriteString(out, ownScreen) }()
	lines := []string{"the first interval…"}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		width, height, err := term.GetSize(int(out.Fd()))
		if err != nil {
			width, height = 80, 24
		}
		_, _ = io.WriteString(out, drawn(lines, width, height))
		select {
		case <-ctx.Done():
			return nil
		case <-resized:
		case <-tick.C:
			lines = looked(ctx, look, lines)
		}
	}
}

// looked returns the lines to show after another look. While the gateway does not answer, the old ones stay below
// the reason.
func looked(ctx context.Context, look func(context.Context) (*top.View, error), before []string) []string {
	view, err := look(ctx)
	if err == nil {
		return topLines(view)
	}
	const away = "no answer: "
	if strings.HasPrefix(before[0], away) {
		before = before[1:]
	}
	return append([]string{printable(away+err.Error(), "")}, before...)
}

// endAtKey calls end when q, Q, ctrl-C or ctrl-D is typed.
func endAtKey(in io.Reader, end func()) {
	key := make([]byte, 1)
	for {
		if _, err := in.Read(key); err != nil || strings.ContainsRune("qQ\x03\x04", rune(key[0])) {
			end()
			return
		}
	}
}

// drawn returns what draws the lines on a terminal of that size. The last line says how many there are no room for.
func drawn(lines []string, width, height int) string {
	if more := len(lines) - height; more > 0 && height > 0 {
		lines = append(lines[:height-1:height-1], fmt.Sprintf("and %d more", more+1))
	}
	var b strings.Builder
	b.WriteString(topLeft)
	for i, line := range lines {
		if i > 0 {
			b.WriteString(endOfLine)
		}
		if text := []rune(line); len(text) > width {
			line = string(text[:width])
		}
		b.WriteString(line)
	}
	b.WriteString("\x1b[K" + endOfScreen)
	return b.String()
}
