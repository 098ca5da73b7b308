//! The one way out of a closed network: a listening socket that is made inside the namespace and handed to the harness,
//! which answers on it from outside. Nothing else crosses; which hosts may be reached is decided by who holds the socket.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Shutdown, TcpListener};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};

/// Where the socket listens inside, on the loopback device of the namespace: above the ports that systems give away.
pub const PORT: u16 = 61_128;

/// The file in the folder that both sides know.
const NAME: &str = "door";

/// The outer side.
#[derive(Debug)]
pub struct Door {
    path: PathBuf,
    listener: UnixListener,
}

impl Door {
    /// Opens one in a folder that no program inside can write. What an earlier one left there is removed.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let path = dir.join(NAME);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (_held, short) = short(dir)?;
        Ok(Self {
            listener: UnixListener::bind(short)?,
            path,
        })
    }

    /// What the inside is told.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A second handle that ends [`Self::wait`], by [`close`].
    ///
    /// # Errors
    /// What the system says.
    pub fn handle(&self) -> io::Result<OwnedFd> {
        Ok(self.listener.try_clone()?.into())
    }

    /// Waits for the socket from inside. Only the first caller is heard: the walls call before the program runs.
    ///
    /// # Errors
    /// Where it was closed before anyone called, or the caller sent no socket.
    pub fn wait(self) -> io::Result<TcpListener> {
        let (stream, _) = self.listener.accept()?;
        // Nobody calls a second time.
        let _ = std::fs::remove_file(&self.path);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        rustix::net::recvmsg(
            &stream,
            &mut [IoSliceMut::new(&mut byte)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        )?;
        let socket = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut sockets) => sockets.next(),
            _ => None,
        });
        socket
            .map(TcpListener::from)
            .ok_or_else(|| io::Error::other("no socket came from inside"))
    }
}

/// Ends every wait on a socket, in this and other threads.
pub fn close(socket: &OwnedFd) {
    // One that is closed already ends no wait, and there is none.
    let _ = rustix::net::shutdown(socket, rustix::net::Shutdown::Both);
}

/// The inner side: calls while the paths of the outside are still there.
pub(super) fn call(path: &Path) -> io::Result<UnixStream> {
    let dir = path.parent().unwrap_or(path);
    let (_held, short) = short(dir)?;
    UnixStream::connect(short)
}

/// The inner side: makes the socket in the new network and hands it over.
pub(super) fn hand_over(stream: &UnixStream) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))?;
    let sockets = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    // The space is made for exactly this.
    let _ = control.push(SendAncillaryMessage::ScmRights(&sockets));
    rustix::net::sendmsg(stream, &[IoSlice::new(b"!")], &mut control, SendFlags::NOSIGNAL)?;
    stream.shutdown(Shutdown::Write)
}

/// The socket's address by way of an open folder: addresses have room for 108 bytes, and folders lie deeper.
fn short(dir: &Path) -> io::Result<(File, PathBuf)> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let held = File::from(rustix::fs::open(dir, flags, Mode::empty())?);
    let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", held.as_raw_fd()));
    Ok((held, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_comes_through_however_deep_the_folder_lies() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let door = Door::open(&deep).unwrap();
        let stream = call(door.path()).unwrap();
        let inside = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let sockets = [inside.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(&sockets)));
        rustix::net::sendmsg(&stream, &[IoSlice::new(b"!")], &mut control, SendFlags::empty()).unwrap();
        let path = door.path().to_owned();
        let outside = door.wait().unwrap();
        assert_eq!(outside.local_addr().unwrap(), inside.local_addr().unwrap());
        assert!(!path.exists());
    }

    #[test]
    fn closing_ends_the_wait() {
        let dir = tempfile::tempdir().unwrap();
        let door = Door::open(dir.path()).unwrap();
        let handle = door.handle().unwrap();
        let waiting = std::thread::spawn(move || door.wait());
        close(&handle);
        assert!(waiting.join().unwrap().is_err());
    }
}
