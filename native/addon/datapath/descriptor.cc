#include "descriptor.h"

#include <fcntl.h>
#include <unistd.h>

namespace agile::esp {

std::shared_ptr<Descriptor> Descriptor::Duplicate(int fd) {
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return nullptr;
  const int flags = fcntl(copy, F_GETFL);
  if (flags >= 0) fcntl(copy, F_SETFL, flags | O_NONBLOCK);
  return std::shared_ptr<Descriptor>(new Descriptor(copy));
}

Descriptor::~Descriptor() { close(fd_); }

}  // namespace agile::esp
