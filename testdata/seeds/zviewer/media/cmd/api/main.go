// The media service: takes pictures in, gives them out, small ones too.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"kit.example/httpkit"
	"kit.example/migrate"
	"zviewer.example/media/internal/thumbnail"
)

func main() {
	if _, err := migrate.Load(httpkit.Env("MIGRATIONS", "./migrations")); err != nil {
		log.Fatal(err)
	}
	folder := httpkit.Env("LOCAL_STORAGE_PATH", "/uploads/media")
	mux := http.NewServeMux()
	mux.HandleFunc("/api/health", httpkit.Health("media", map[string]httpkit.Check{
		"storage": func() error { return writable(folder) },
		"ffmpeg":  thumbnail.SelfTest,
	}))
	mux.Handle("/api/media/", http.StripPrefix("/api/media/", http.FileServer(http.Dir(folder))))
	if err := httpkit.Serve(":"+httpkit.Env("PORT", "8081"), mux); err != nil {
		log.Fatal(err)
	}
}

func writable(folder string) error {
	file, err := os.CreateTemp(folder, ".probe-*")
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if filepath.Dir(file.Name()) != filepath.Clean(folder) {
		return fmt.Errorf("%s is not in %s", file.Name(), folder)
	}
	return os.Remove(file.Name())
}
