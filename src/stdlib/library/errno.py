# errno: the numbers of errors of the system, as on Linux.
EPERM, ENOENT, EINTR, EIO, EBADF, EAGAIN, ENOMEM, EACCES = 1, 2, 4, 5, 9, 11, 12, 13
EEXIST, EXDEV, ENOTDIR, EISDIR, EINVAL, EMFILE, EFBIG, ENOSPC, EROFS = 17, 18, 20, 21, 22, 24, 27, 28, 30
EPIPE, ENAMETOOLONG, ENOSYS, ENOTEMPTY, ELOOP = 32, 36, 38, 39, 40
errorcode = {number: name for name, number in globals().items() if name[0] == "E" and name[1:].isupper()}
