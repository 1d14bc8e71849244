// Package thumbnail makes small pictures with ffmpeg.
package thumbnail

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Make scales the picture in to width by height and writes out.
func Make(in, out string, width, height int) error {
	scale := fmt.Sprintf("scale=%d:%d", width, height)
	if text, err := exec.Command("ffmpeg", "-y", "-i", in, "-vf", scale, out).CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, strings.TrimSpace(string(text)))
	}
	return nil
}

// SelfTest scales a picture of 2 by 2 to one of 1 by 1.
func SelfTest() error {
	folder, err := os.MkdirTemp("", "thumbnail")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	in, out := filepath.Join(folder, "in.ppm"), filepath.Join(folder, "out.ppm")
	if err := os.WriteFile(in, []byte("P3\n2 2\n255\n9 8 7  0 0 0  0 0 0  0 0 0\n"), 0o600); err != nil {
		return err
	}
	if err := Make(in, out, 1, 1); err != nil {
		return err
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	if got := strings.Join(strings.Fields(string(text)), " "); got != "P3 1 1 255 9 8 7" {
		return fmt.Errorf("a wrong picture: %s", got)
	}
	return nil
}
