//! The shop's program. To be built.

fn main() {
    println!("nothing yet");
}
