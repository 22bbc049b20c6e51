/* The smallest plugin of the engine that works: whatever is asked on its
** socket, it is a driver of volumes that has none. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET "/run/docker/plugins/spec.sock"

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/vnd.docker.plugins.v1.1+json\r\n"
    "Content-Length: 31\r\n"
    "Connection: close\r\n\r\n"
    "{\"Implements\":[\"VolumeDriver\"]}";

static int listening(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  memcpy(address.sun_path, SOCKET, sizeof SOCKET);
  unlink(SOCKET);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  return listen(fd, 8) == 0 ? fd : -1;
}

/* The first process of a container has to end itself. */
static void on_term(int signal) {
  _exit(signal == SIGTERM ? 0 : 1);
}

int main(void) {
  signal(SIGTERM, on_term);
  char request[4096];
  int fd = listening();
  if (fd < 0) return 1;
  for (;;) {
    int peer = accept(fd, NULL, NULL);
    if (peer < 0) return 1;
    if (read(peer, request, sizeof request) > 0 &&
        write(peer, ANSWER, sizeof ANSWER - 1) < 0) {
      /* the engine has gone: wait for it to come again */
    }
    close(peer);
  }
}
